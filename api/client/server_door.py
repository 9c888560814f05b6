"""The door to a server: the same questions over HTTP, through the standard library.

What is small comes as JSON, what is large as one stream of Arrow or of lines of JSON, read as it arrives. Nothing is
followed to another address, and the key is sent to no one else and shown nowhere.
"""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast
from urllib.parse import quote, urlencode, urlsplit

from api.client.door import Drawing, FirstRows, JsonPage, Parameters, Row, SqlRows
from api.client.door_errors import BookError, NoServer, Refusal
from api.distribution import installed_version
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, PARQUET, XLSX

if TYPE_CHECKING:
    import pyarrow as pa

PROBLEM = "application/problem+json"
BESIDE_ITEMS = ("items", "next", "basis")
SEEN_FIRST = ("/v1/events", {"limit": "1"})
"""What is asked when a server is opened: it costs little, and says whether the key may read."""
MEDIA_TYPES = {
    ".jsonl": JSONL.media_type,
    ".ndjson": JSONL.media_type,
    ".csv": CSV.media_type,
    ".parquet": PARQUET.media_type,
    ".xlsx": XLSX.media_type,
    ".zip": "application/zip",
    ".json": JSON.media_type,
    ".jsonld": "application/ld+json",
}
DRAWINGS: Mapping[Drawing, str] = {"json": JSON.media_type, "svg": "image/svg+xml", "png": "image/png"}
FORBIDDEN = 403
NOTHING: Mapping[str, str] = MappingProxyType({})


class Sent(NamedTuple):
    """A request."""

    method: str
    path: str
    parameters: Parameters = NOTHING
    accept: str = JSON.media_type
    body: bytes | BinaryIO | None = None
    headers: Mapping[str, str] = NOTHING


class ServerDoor:
    """A ledger behind a server. Raises NoServer where none answers, and Refusal where the key opens nothing."""

    def __init__(self, url: str, *, key: str | None, timeout_s: float) -> None:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.username or parts.query or parts.fragment or not (url.isascii() and url.isprintable()):
            raise NoServer("An address begins with http:// or https://, and has no user, ? or # in it.")
        self.place = url.rstrip("/")
        self._prefix = parts.path.rstrip("/").removesuffix("/v1")
        host, port = str(parts.hostname), parts.port
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=timeout_s, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=timeout_s)
        )
        self._key = key
        self._lock = threading.RLock()
        self._look()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def first(self, path: str, parameters: Parameters, *, rows: int | None) -> FirstRows:
        """The first rows of the answer to a question. Raises Refusal, NoServer."""
        page = self.page(path, parameters if rows is None else {"limit": str(rows), **parameters})
        return FirstRows(page.items, page.next is None, page.basis, page.members)

    def page(self, path: str, parameters: Parameters) -> JsonPage:
        """A page of the answer to a question. Raises Refusal, NoServer."""
        body = self._json(Sent("GET", path, parameters))
        members = {name: value for name, value in body.items() if name not in BESIDE_ITEMS}
        return JsonPage(body["items"], body.get("next"), body["basis"], members)

    def rows(self, path: str, parameters: Parameters) -> Iterator[Row]:
        """All items of an answer, as they arrive. Raises Refusal, NoServer."""
        with self._answer(Sent("GET", path, parameters, JSONL.media_type)) as answer:
            rows = [json.loads(line) for line in answer]
        return iter(rows)

    def table(self, path: str, parameters: Parameters) -> "pa.Table":
        """All items of an answer as a table. Raises Refusal, NoServer."""
        with self._answer(Sent("GET", path, parameters, ARROW.media_type)) as answer:
            return _table(answer)

    def sql(self, statement: Mapping[str, str]) -> SqlRows:
        """The rows of a statement. Raises Refusal, NoServer."""
        body, kind = json.dumps(dict(statement)).encode(), {"Content-Type": JSON.media_type}
        with self._answer(Sent("POST", "/v1/sql", {}, ARROW.media_type, body, kind)) as answer:
            basis = json.loads(answer.headers["Ledger-Basis"])
            return SqlRows(_table(answer), basis)

    def asof(self, table: bytes, media_type: str, parameters: Parameters) -> SqlRows:
        """A table of questions with its answers. Raises Refusal, NoServer."""
        kind = {"Content-Type": media_type}
        with self._answer(Sent("POST", "/v1/asof", parameters, ARROW.media_type, table, kind)) as answer:
            basis = json.loads(answer.headers["Ledger-Basis"])
            return SqlRows(_table(answer), basis)

    def check(self, document: bytes, media_type: str, parameters: Parameters) -> dict[str, Any]:
        """A document that is checked. Raises Refusal, NoServer."""
        headers = {"Content-Type": media_type}
        return self._json(Sent("POST", "/v1/check", parameters, body=document, headers=headers))

    def marked(self, document: bytes, media_type: str, parameters: Parameters) -> bytes:
        """The same document with its marks. Raises Refusal, NoServer."""
        asked_for, headers = {**parameters, "format": "document"}, {"Content-Type": media_type}
        with self._answer(Sent("POST", "/v1/check", asked_for, "*/*", document, headers)) as answer:
            return answer.read()

    def chart(self, name: str, parameters: Parameters, form: Drawing) -> bytes:
        """A chart. Raises Refusal, NoServer."""
        with self._answer(Sent("GET", f"/v1/charts/{name}", parameters, DRAWINGS[form])) as answer:
            return answer.read()

    def append(self, raw: bytes, *, key: str | None, dry_run: bool) -> dict[str, Any]:
        """Record the events of a JSON text, or see what that would do. Raises Refusal, NoServer."""
        headers = {"Content-Type": JSON.media_type, **({} if key is None else {"Idempotency-Key": key})}
        parameters = {"dry_run": "true"} if dry_run else {}
        return self._json(Sent("POST", "/v1/events", parameters, body=raw, headers=headers))

    def take_in(self, file: Path, parameters: Parameters) -> dict[str, Any]:
        """Send a file, a piece at a time. Raises Refusal, NoServer, and BookError for a file of an unknown kind."""
        packed = file.suffix.lower() == ".gz"
        ending = Path(file.stem).suffix.lower() if packed else file.suffix.lower()
        if ending not in MEDIA_TYPES:
            raise BookError(f"{file.name} cannot be sent: its name ends in none of {', '.join(MEDIA_TYPES)} (or .gz).")
        headers = {"Content-Type": MEDIA_TYPES[ending], "Content-Length": str(file.stat().st_size)}
        if packed:
            headers["Content-Encoding"] = "gzip"
        with file.open("rb") as opened:
            return self._json(Sent("POST", "/v1/imports", parameters, body=opened, headers=headers))

    def _look(self) -> None:
        """See that a ledger answers, and that the key is one of its own."""
        try:
            self.page(*SEEN_FIRST)
        except Refusal as refusal:
            if refusal.status != FORBIDDEN:  # a key that may only append opens the book all the same
                raise
        except (ValueError, LookupError, TypeError):
            raise NoServer(f"What answers at {self.place} is no ledger: look at the address.") from None

    def _json(self, sent: Sent) -> dict[str, Any]:
        with self._answer(sent) as answer:
            return cast(dict[str, Any], json.loads(answer.read()))

    @contextmanager
    def _answer(self, sent: Sent) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request, which is read to its end or given up when the block ends."""
        with self._lock:
            try:
                answer = self._exchange(sent)
                if answer.status >= http.client.MULTIPLE_CHOICES:
                    raise self._refusal(answer)
                yield answer
                if not answer.isclosed():
                    self._connection.close()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                said = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise NoServer(f"{self.place} could not be asked: {said}. Is the server running there?") from None
            except BaseException:
                self._connection.close()
                raise

    def _exchange(self, sent: Sent) -> http.client.HTTPResponse:
        """Send a request; once more where the server had closed the connection in the meantime, and it is a read."""
        query = f"?{urlencode(sent.parameters)}" if sent.parameters else ""
        address = f"{self._prefix}{quote(sent.path, safe='/:')}{query}"
        headers = {"Accept": sent.accept, "User-Agent": f"supply-ledger-python/{installed_version()}", **sent.headers}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        kept = self._connection.sock is not None
        try:
            self._connection.request(sent.method, address, sent.body, headers)
            return self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            if not kept or sent.method != "GET":
                raise
            self._connection.request(sent.method, address, sent.body, headers)
            return self._connection.getresponse()

    def _refusal(self, answer: http.client.HTTPResponse) -> BookError:
        """What the server says against a request."""
        if answer.headers.get_content_type() == PROBLEM:
            return Refusal(json.loads(answer.read()))
        return NoServer(
            f"What answers at {self.place} is no ledger (status {answer.status}): look at the address, "
            "and at the proxy before it if there is one."
        )


def _table(answer: http.client.HTTPResponse) -> "pa.Table":
    """A stream of Arrow, read as it arrives."""
    import pyarrow as pa

    with pa.ipc.open_stream(answer) as stream:
        table = stream.read_all()
    answer.read()
    return table
