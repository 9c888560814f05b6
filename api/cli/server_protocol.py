"""The server's protocol: what cannot be read as HTTP at all is answered with a problem document too."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.problem_responses import problem_response
from api.problems import Problem

STATUS = HTTPStatus.BAD_REQUEST
DETAIL = (
    "This cannot be read as an HTTP request: its first line or a header is malformed. Headers hold no control "
    "characters; an Idempotency-Key is printable ASCII."
)


class ProblemProtocol(HttpToolsProtocol):
    """Reads requests as `uvicorn` does, which knows nothing of the app where it cannot read one."""

    def send_400_response(self, msg: str) -> None:
        """Say that a request cannot be read, and close the connection: where the next one begins is not known."""
        response = problem_response(Problem(STATUS, "bad-request", DETAIL, title=STATUS.phrase))
        headers = [*response.raw_headers, (b"connection", b"close")]
        lines = [f"HTTP/1.1 {STATUS.value} {STATUS.phrase}".encode(), *(b": ".join(header) for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        self.transport.close()
