"""Pages as bytes: written in groups and by fast libraries, they are byte for byte what the plain way gives."""

import csv
import hashlib
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.formats.csv_lines import GROUP_ROWS
from api.formats.negotiation import CSV, JSON, JSONL, Format
from api.formats.render import page_answer, page_file
from api.questions.page import Items, Page, Validity
from tests.depth import examples

BASIS = {"as_of": "2026-01-01T00:00:00.000000Z", "position": 7}
INTEGERS = st.integers(-(2**63), 2**63 - 1)
AWKWARD = st.sampled_from(
    ["", '"', "\\", ",", "\r", "\n", "\0", "\x1f", "\x7f", "\u2028", "\u2029", "\U0001f600", "é", "=1"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.lists(AWKWARD, max_size=4).map("".join)
CELLS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): TEXTS,
    pa.int64(): INTEGERS,
    pa.bool_(): st.booleans(),
    pa.list_(pa.string()): st.lists(st.none() | TEXTS, max_size=3),
    pa.list_(pa.int64()): st.lists(st.none() | INTEGERS, max_size=3),
    pa.struct({"slug": pa.string(), "at": pa.int64()}): st.fixed_dictionaries(
        {"slug": st.none() | TEXTS, "at": st.none() | INTEGERS}
    ),
    pa.list_(pa.struct({"name": pa.string()})): st.lists(
        st.fixed_dictionaries({"name": st.none() | TEXTS}), max_size=2
    ),
}
OBJECTS = st.builds(
    lambda value, ascii_only: json.dumps(value, ensure_ascii=ascii_only),
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.booleans(),
)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Tables of every type that projections have, with an object column as JSON text."""
    count = draw(st.integers(0, 6))
    names = draw(st.lists(TEXTS.filter(lambda name: name != "object"), min_size=1, max_size=5, unique=True))
    columns = {}
    for name in names:
        kind = draw(st.sampled_from(list(CELLS)))
        columns[name] = pa.array(draw(st.lists(st.none() | CELLS[kind], min_size=count, max_size=count)), kind)
    if draw(st.booleans()):
        columns["object"] = pa.array(draw(st.lists(st.none() | OBJECTS, min_size=count, max_size=count)), pa.string())
    table = pa.table(columns)
    return pa.concat_tables([table] * draw(st.sampled_from([1, 1, 2, GROUP_ROWS])))


def objects_of(table: pa.Table) -> tuple[str, ...]:
    return ("object",) if "object" in table.column_names else ()


def written(page: Page, form: Format) -> bytes:
    return b"".join(page_file(page, form).blocks())


# The plain way


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def rows_of(page: Page) -> list[dict[str, Any]]:
    if isinstance(page.items, list):
        return page.items
    rows: list[dict[str, Any]] = page.items.to_pylist()
    for row in rows:
        row.update({name: json.loads(row[name]) for name in page.objects if row[name] is not None})
    return rows


def body_of(page: Page) -> bytes:
    return text({"items": rows_of(page), "next": page.next, "basis": page.basis, **page.more}).encode()


def csv_of(items: Items) -> bytes:
    rows = items if isinstance(items, list) else items.to_pylist()
    names = items.column_names if isinstance(items, pa.Table) else list(dict.fromkeys(k for row in rows for k in row))
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        values = [row.get(name) for name in names]
        writer.writerow(["" if one is None else one if isinstance(one, str) else text(one) for one in values])
    return sink.getvalue().encode()


def answer(page: Page, form: Format) -> tuple[bytes, dict[str, str]]:
    made = page_answer(page, form, path="/v1/figures", query=[])
    assert isinstance(made.body, bytes)
    return made.body, dict(made.headers)


@given(tables())
@settings(max_examples=examples(50, deeply=500))
def test_a_table_is_written_as_the_plain_way_writes_it(table: pa.Table) -> None:
    page = Page(table, BASIS, objects=objects_of(table))
    assert answer(page, JSON)[0] == body_of(page)
    assert written(page, JSONL) == "".join(text(row) + "\n" for row in rows_of(page)).encode()
    assert written(page, CSV) == csv_of(table)


@given(
    st.lists(
        st.dictionaries(
            TEXTS,
            st.recursive(
                st.none() | st.booleans() | st.integers() | TEXTS | st.floats(allow_nan=False, allow_infinity=False),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
                max_leaves=6,
            ),
            max_size=4,
        ),
        max_size=6,
    ),
    st.sampled_from([1, GROUP_ROWS]),
)
@settings(max_examples=examples(25, deeply=500))
def test_objects_are_written_as_the_plain_way_writes_them(some: list[dict[str, Any]], times: int) -> None:
    page = Page(some * times, BASIS, more={"summary": {"p": 1e-5}})
    assert answer(page, JSON)[0] == body_of(page)
    assert written(page, JSONL) == "".join(text(row) + "\n" for row in rows_of(page)).encode()
    assert written(page, CSV) == csv_of(page.items)


@pytest.mark.parametrize("count", [0, 1, GROUP_ROWS - 1, GROUP_ROWS, GROUP_ROWS + 1, 3 * GROUP_ROWS])
def test_groups_join_without_a_seam(count: int) -> None:
    page = Page(pa.table({"a": pa.array(range(count), pa.int64()), "b": pa.array(['"'] * count)}), BASIS)
    assert answer(page, JSON)[0] == body_of(page)
    assert written(page, CSV) == csv_of(page.items)
    assert len(written(page, JSONL).splitlines()) == count


def test_the_tag_of_a_final_answer_is_of_its_bytes() -> None:
    table = pa.table({"a": ["x"]})
    body, headers = answer(Page(table, BASIS, validity=Validity(final=True)), JSON)
    assert headers["ETag"] == f'"{hashlib.sha256(b"json" + body).hexdigest()[:32]}"'
    later = {**BASIS, "as_of": "2027-01-01T00:00:00.000000Z"}
    weak = {answer(Page(table, basis), JSON)[1]["ETag"] for basis in (BASIS, later)}
    assert len(weak) == 1
    assert weak.pop().startswith('W/"')


def test_the_next_page_is_asked_for_like_this_one_but_for_the_cursor() -> None:
    page = Page(pa.table({"a": ["x"]}), BASIS, next="c2")
    made = page_answer(page, JSON, path="/v1/figures", query=[("cursor", "c1"), ("subject", "a b"), ("limit", "1")])
    assert made.headers["Link"] == '</v1/figures?subject=a+b&limit=1&cursor=c2>; rel="next"'
