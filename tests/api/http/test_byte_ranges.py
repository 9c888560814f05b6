"""Parts of files over HTTP: ranges of bytes, `HEAD`, conditions, and one file for all who read it in parts."""

import gc

import pytest
from fastapi.testclient import TestClient
from starlette.requests import HTTPConnection

from api.app import create_app
from api.formats.answer import Answer
from api.formats.answer_file import AnswerFile, Room
from api.http.byte_ranges import byte_range
from api.http.kept_files import KEPT_MAX, FileQuestion, KeptFiles
from api.problems import Problem
from projections import Engine
from tests.api.helpers import Api, mined, organisation

FILES = ("jsonl", "csv", "parquet", "arrow", "xlsx")


@pytest.mark.parametrize(
    ("header", "places"),
    [
        ("bytes=0-0", range(1)), ("bytes=0-", range(10)), ("bytes=3-5", range(3, 6)), ("bytes=8-99", range(8, 10)),
        ("bytes=-3", range(7, 10)), ("bytes=-99", range(10)), ("Bytes= 1-2 ", range(1, 3)), ("bytes=5-3", None),
        ("bytes=-", None), ("bytes=", None), ("lines=0-1", None), ("bytes=0-1,3-4", None), ("bytes=a-b", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_range_names_places(header: str, places: range | None) -> None:
    assert byte_range(header, 10) == places


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999-"])
def test_a_range_beyond_the_end_is_refused(header: str) -> None:
    with pytest.raises(Problem) as refused:
        byte_range(header, 10)
    assert (refused.value.status, refused.value.headers) == (416, {"Content-Range": "bytes */10"})


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("clock", ["", "&as_of=2024-06-30", "&as_of=2024-06-30&recorded_as_of=position:7"])
def test_every_file_is_read_in_parts(engine: Engine, api: Api, form: str, clock: str) -> None:
    api.post(mined("australia", "1", "2024-01-31"))
    client = TestClient(create_app(engine))  # one that keeps answers
    url = f"/v1/figures.{form}?metric=mine_production{clock}"
    head = client.head(url)
    size, etag = int(head.headers["Content-Length"]), head.headers["ETag"]
    assert (head.status_code, head.content, head.headers["Accept-Ranges"]) == (200, b"", "bytes")
    assert etag.startswith('"')
    first, last = (client.get(url, headers={"Range": part}) for part in ("bytes=0-9", "bytes=10-"))
    assert (first.status_code, first.headers["Content-Range"], len(first.content)) == (206, f"bytes 0-9/{size}", 10)
    assert (last.status_code, last.headers["Content-Length"]) == (206, str(size - 10))
    if form != "xlsx" or clock.count("&") == 2:  # a workbook says when it was asked for
        assert first.content + last.content == client.get(url).content
        assert first.headers["ETag"] == last.headers["ETag"] == etag
    assert client.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    several = client.get(url, headers={"Range": "bytes=0-1,4-5"})
    assert (several.status_code, len(several.content)) == (200, size)


def test_json_has_no_ranges(api: Api) -> None:
    answer = api.client.get("/v1/figures", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, "Accept-Ranges" in answer.headers) == (200, False)


def test_a_reader_of_parts_has_one_file_though_the_log_grows(api: Api) -> None:
    api.post(mined("australia", "1", "2024-01-31"))
    before = api.client.get("/v1/figures.csv")
    api.post(mined("china", "2", "2024-01-31"))
    part = api.client.get("/v1/figures.csv", headers={"Range": "bytes=5-"})
    assert (part.status_code, part.content) == (206, before.content[5:])
    assert part.headers["Ledger-Basis"] == before.headers["Ledger-Basis"]
    after = api.client.get("/v1/figures.csv")  # who asks for all of it gets what is so now
    assert len(after.content) > len(before.content)
    for named, status, content in (
        ("If-Range", 206, before.content[5:]),
        ("If-Match", 206, before.content[5:]),
    ):
        headers = {"Range": "bytes=5-", named: before.headers["ETag"]}
        answer = api.client.get("/v1/figures.csv", headers=headers)
        assert (answer.status_code, answer.content) == (status, content)


def test_conditions_that_do_not_hold(api: Api) -> None:
    api.post(mined("australia", "1", "2024-01-31"))
    whole = api.client.get("/v1/figures.csv")
    changed = api.client.get("/v1/figures.csv", headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    refused = api.client.get("/v1/figures.csv", headers={"Range": "bytes=5-", "If-Match": '"other"'})
    assert (refused.status_code, refused.json()["title"]) == (412, "Precondition failed")
    held = api.client.get("/v1/figures.csv", headers={"If-None-Match": whole.headers["ETag"]})
    assert (held.status_code, held.content) == (304, b"")


def test_an_ending_is_a_format(api: Api) -> None:
    api.post(organisation("acme"))
    assert api.client.get("/v1/entities.csv").content == api.client.get("/v1/entities?format=csv").content
    assert api.client.get("/v1/entities/acme.json").json()["items"] == api.items("entities/acme")
    twice = api.client.get("/v1/entities.csv?format=json")
    assert (twice.status_code, twice.json()["errors"][0]["rule"]) == (422, "given_twice")
    assert api.client.get("/v1/entities.docx").status_code == 404
    assert api.client.get("/v1/.csv").status_code == 404
    assert api.client.post("/v1/events.csv", json=[organisation("other")]).status_code in (404, 405)


def test_a_guard_sees_the_path_that_is_answered(engine: Engine) -> None:
    def refuse_figures(connection: HTTPConnection) -> None:
        if connection.url.path == "/v1/figures":
            raise Problem(403, "forbidden", "No figures for you.")

    client = TestClient(create_app(engine, guards=[refuse_figures]))
    assert client.get("/v1/figures.csv").status_code == client.get("/v1/figures").status_code == 403
    assert client.get("/v1/entities.csv").status_code == 200


def kept_answer(room: Room, text: str) -> Answer:
    file = AnswerFile(room)
    file.write(text.encode())
    return Answer({"ETag": text[:9]}, file)


def test_files_are_kept_for_a_while_and_not_too_many() -> None:
    kept = KeptFiles(room := Room(bytes_max=10_000_000))
    question = FileQuestion("/v1/figures", b"", "csv")
    kept.put(question, kept_answer(room, "x" * 2_000_000), final=False)
    assert room.used == 2_000_000
    assert kept.get(question, only_final=True) is None
    assert kept.get(FileQuestion("/v1/figures", b"", "jsonl")) is None
    for number in range(KEPT_MAX):
        kept.put(question, kept_answer(room, f"{number:09}"), final=True)
    assert (len(kept), room.used) == (KEPT_MAX, 0)
    newest = kept.get(question)
    assert newest is not None
    assert newest.headers["ETag"] == f"{KEPT_MAX - 1:09}"
    at_once = KeptFiles(room, seconds=0)
    at_once.put(question, kept_answer(room, "x" * 2_000_000), final=True)
    assert at_once.get(question) is None
    gc.collect()
    assert room.used == 0


def test_kept_files_make_room() -> None:
    kept = KeptFiles(room := Room(bytes_max=3_000_000))
    kept.put(FileQuestion("/v1/figures", b"", "csv"), kept_answer(room, "x" * 2_000_000), final=True)
    assert kept_answer(room, "y" * 2_000_000).size == room.used
    assert len(kept) == 0
