"""What every endpoint does with its request: strict parameters, a format, and the answer with its basis."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from api.formats.answer import Answer
from api.formats.cells import json_text
from api.formats.csv_lines import GROUP_ROWS
from api.formats.negotiation import CSV, FORMATS, JSON, Format, chosen
from api.formats.render import page_answer
from api.http.cached_answers import ERASED_AT, CachedAnswers, question_of
from api.http.conditional_responses import conditional_response
from api.http.kept_files import FileQuestion, KeptFiles
from api.http.question_queue import Questions
from api.problems import bad_parameter
from api.questions.answer_receipts import check_receipt, with_receipt
from api.questions.page import Page, Validity
from api.questions.parameters import RECEIPT, SAFE, Parameter, checked, flag_of
from projections import Allowance, Engine, Inquiry

Ask = Callable[[Inquiry, Mapping[str, str]], Page]
"""Answers a question from its parameters."""


def asked(
    request: Request, known: Sequence[Parameter], *, offered: Sequence[Format] = FORMATS
) -> tuple[dict[str, str], Format]:
    """The parameters of a request, and the format to answer in. Raises Problem."""
    parameters = checked(request.query_params.multi_items(), known)
    accept = ",".join(request.headers.getlist("accept"))
    if accept in ("", "*/*") and "format" not in parameters:
        return parameters, offered[0]
    form = chosen(asked=parameters.get("format"), accept=accept, offered=offered)
    if form is not JSON:
        parameters["format"] = form.name  # so that the question knows, whoever said it
    return parameters, form


async def answered(
    engine: Engine, request: Request, known: Sequence[Parameter], ask: Ask, *, large: bool | None = None
) -> Response:
    """The answer to a read, in its turn. It is `large` where it computes much; by default where its page is large.

    A part of a file that was made a moment ago is sent at once.
    """
    kept: KeptFiles = request.app.state.kept_files
    parameters, form = asked(request, known)
    file_question = FileQuestion(request.scope["path"], request.scope["query_string"], form.name)
    if form is not JSON:
        kept.hold_at(await run_in_threadpool(engine.ledger.log.erased.last))
        if (file := _kept(kept, file_question, request.headers)) is not None:
            return conditional_response(file, request.scope)

    check_receipt(parameters, request.scope["path"])

    def answer(allowance: Allowance) -> Response:
        safe = flag_of(parameters, SAFE.name)
        if safe and form is not CSV:
            raise bad_parameter(SAFE.name, "not_csv", f"safe is for CSV, and this answer is {form.name}: leave it out")
        erased_at = engine.ledger.log.erased.last()
        inquiry = engine.within(allowance)
        page = ask(inquiry, parameters)
        if RECEIPT.name in parameters:
            page = with_receipt(inquiry, page, request.scope["path"], parameters)
        query = request.query_params.multi_items()
        made = page_answer(
            page, form, path=request.url.path, query=query, safe=safe, room=kept.room, check=allowance.check
        )
        if form is not JSON:
            kept.put(file_question, made, final=page.validity.final, erased_at=erased_at)
        return respond(request, made, page.validity)

    response = await in_turn(request, answer, large=_is_large(request, form) if large is None else large)
    if form is not JSON:
        asyncio.get_running_loop().call_later(kept.seconds + 1, kept.sweep)
    return response


async def in_turn(request: Request, answer: Callable[[Allowance], Response], *, large: bool) -> Response:
    """What `answer` makes of a request, in a thread for questions. Raises what it raises, OutOfTime, and Problem."""
    questions: Questions = request.app.state.questions
    return await questions.answer(request, answer, large=large)


def _kept(kept: KeptFiles, question: FileQuestion, sent: Headers) -> Answer | None:
    """The kept file that a request is about: one that never changes, or the one of which it has read a part."""
    if "range" not in sent:
        return kept.get(question, only_final=True)
    return kept.get(question, etag=sent.get("if-range") or sent.get("if-match"))


def _is_large(request: Request, form: Format) -> bool:
    limit = request.query_params.get("limit", "")
    if not limit:
        return form is not JSON  # it holds all items
    return limit.isdecimal() and len(limit) < 10 and int(limit) > GROUP_ROWS


def respond(request: Request, answer: Answer, validity: Validity) -> Response:
    """The answer as a response, cached where it stays the same."""
    question = question_of(request.scope)
    erased_at = request.scope.get(ERASED_AT)
    if question is not None and erased_at is not None and (validity.final or validity.at_head is not None):
        cached: CachedAnswers = request.app.state.cached_answers
        cached.put(question, answer, at_head=validity.at_head, erased_at=erased_at)
    return conditional_response(answer, request.scope)


def json_wanted(request: Request, known: Sequence[Parameter]) -> dict[str, str]:
    """The parameters of a request that is answered in JSON only. Raises Problem."""
    if not request.scope["query_string"] and request.headers.get("accept", "*/*") in ("*/*", JSON.media_type):
        return {}
    return asked(request, known, offered=(JSON,))[0]


def json_answer(body: Mapping[str, Any], *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to an append, which nobody may keep."""
    return Response(
        json_text(body).encode(),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
