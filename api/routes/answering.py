"""What every read does with its request: strict parameters, a format, and the page as an answer."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import Request, Response

from api.negotiation import FORMATS, JSON, Format, chosen
from api.parameters import Parameter, given
from api.reading import Page
from api.rendering import page_response


def asked(
    request: Request, known: Sequence[Parameter], *, offered: Sequence[Format] = FORMATS
) -> tuple[dict[str, str], Format]:
    """The parameters of a request, and the format to answer in. Raises Problem."""
    parameters = given(request.query_params.multi_items(), known)
    accept = ",".join(request.headers.getlist("accept"))
    return parameters, chosen(asked=parameters.get("format"), accept=accept, offered=offered)


def answered(request: Request, known: Sequence[Parameter], ask: Callable[[Mapping[str, str]], Page]) -> Response:
    """The answer to a read."""
    parameters, form = asked(request, known)
    return page_response(request, ask(parameters), form)


def json_wanted(request: Request, known: Sequence[Parameter]) -> dict[str, str]:
    """The parameters of a request that is answered in JSON only. Raises Problem."""
    return asked(request, known, offered=(JSON,))[0]
