"""What a Parquet file will become in memory, told before it is decoded.

A few bytes of Parquet can stand for gigabytes: a dictionary holds one text of a megabyte and a thousand rows point to
it, a list of a million nulls is written as "null, a million times", a page says that it unpacks to two gigabytes. What
a file says of itself at its end may also be wrong. So each page is asked, in the file: its header says how many values
it has, how they are encoded and how many bytes it unpacks to, and that is what a reader will make room for.

From these follows how many rows of a row group may be read together (`batch_rows`), so that they take no more than
`TOGETHER_BYTES_MAX`. Where even one row may take more than there is room for, the file is refused, with what to do.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from ledger.codec.strict_json import DEPTH_MAX
from ledger.imports.import_limits import FILE_COLUMNS_MAX, TooLarge
from ledger.imports.thrift_structs import Struct, struct_at

FOOTER_BYTES_MAX = 8 * 1024 * 1024
"""What a file may say about itself: some hundred bytes for each column of each row group."""
PAGE_BYTES_MAX = 64 * 1024 * 1024
PAGES_BYTES_MAX = 256 * 1024 * 1024
"""The largest pages of all columns, which are in memory at once."""
NESTED_BYTES_MAX = 256 * 1024 * 1024
"""Lists and maps of one row group: all of them may be in one row."""
FIXED_BYTES_MAX = 4096
"""Values of one fixed length, such as decimals: a reader makes room for a thousand, however few are asked for."""
TOGETHER_BYTES_MAX = 32 * 1024 * 1024
VALUE_BYTES = 16
"""What a value takes beside its text, about."""
_HEADER_BYTES = (4096, 65_536, 1_048_576)
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
_PLAIN, _PLAIN_DICTIONARY, _RLE_DICTIONARY = 0, 2, 8
_DELTA_BYTE_ARRAY = 7
_SMALL_DICTIONARY_BYTES = 4096
_MAGIC = b"PAR1"


class _Page(NamedTuple):
    kind: int
    bytes: int
    values: int
    encoding: int
    body: int
    """Where in the file its values begin."""
    packed_bytes: int


def check_footer(file: BinaryIO) -> None:
    """Look at the end of a file before anybody reads it. Raises TooLarge; what is no Parquet passes."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    end = file.read(8)
    if len(end) < 8 or end[4:] != _MAGIC:
        return
    footer_bytes = int.from_bytes(end[:4], "little")
    if footer_bytes > FOOTER_BYTES_MAX:
        raise TooLarge(
            f"what the file says about itself takes {footer_bytes} bytes, and at most {FOOTER_BYTES_MAX} are read: "
            "write it with fewer columns or larger row groups"
        )
    if footer_bytes > size - 8:
        return
    file.seek(size - 8 - footer_bytes)
    try:
        footer = struct_at(file.read(footer_bytes), until_field=2)
    except (ValueError, IndexError):
        return  # whoever reads it will say what is wrong
    elements = footer.get(2, [])
    if not isinstance(elements, list) or not all(isinstance(one, dict) for one in elements):
        return
    columns, depth = _shape([one.get(5, 0) for one in elements])
    if columns > FILE_COLUMNS_MAX:
        raise TooLarge(f"the file has {columns} columns, and at most {FILE_COLUMNS_MAX} are read")
    if depth > DEPTH_MAX:
        raise TooLarge(f"columns are nested {depth} deep, and at most {DEPTH_MAX} are read")


def _shape(children: list[Any]) -> tuple[int, int]:
    """How many leaves a tree has and how deep it is, from the numbers of children of its nodes, parents first."""
    open_nodes: list[int] = []
    columns = deepest = 0
    for count in children:
        deepest = max(deepest, len(open_nodes))
        if open_nodes:
            open_nodes[-1] -= 1
        if isinstance(count, int) and count > 0:
            open_nodes.append(count)
        else:
            columns += 1
        while open_nodes and open_nodes[-1] <= 0:
            open_nodes.pop()
    return columns, deepest


def check_extent(metadata: Any, size: int) -> None:
    """Raises ValueError where row groups share pages, so that a small file would be read many times over."""
    groups = (metadata.row_group(group) for group in range(metadata.num_row_groups))
    packed = sum(group.column(place).total_compressed_size for group in groups for place in range(group.num_columns))
    if packed > size:
        raise ValueError(f"the row groups take {packed} bytes, and the file has {size}")


def batch_rows(file: BinaryIO, metadata: Any, group: int, *, rows_max: int) -> int:
    """How many rows of a row group are read together. Raises TooLarge, and ValueError for what is no page."""
    row_bytes = nested_bytes = pages_bytes = 0
    described = metadata.row_group(group)
    for place in range(described.num_columns):
        chunk, leaf = described.column(place), metadata.schema.column(place)
        if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY" and leaf.length > FIXED_BYTES_MAX:
            raise TooLarge(f"column {leaf.path[:80]} has values of {leaf.length} bytes each: write them as text")
        values = largest = each = plain = 0
        for page in _pages(file, chunk):
            if page.bytes > PAGE_BYTES_MAX:
                raise TooLarge(
                    f"column {leaf.path[:80]} has a page of {page.bytes} bytes, and at most {PAGE_BYTES_MAX} are "
                    "read: write smaller pages"
                )
            largest = max(largest, page.bytes)
            if page.kind in (_DATA, _DATA_V2):
                values += page.values
                plain += page.bytes
            each = max(each, _value_bytes(file, chunk, leaf, page))
        pages_bytes += largest
        if leaf.max_repetition_level:
            # Texts are kept in their dictionaries, and measured once they are read.
            texts = leaf.physical_type == "BYTE_ARRAY" and not _is_delta(chunk)
            nested_bytes += values * VALUE_BYTES + (plain if texts else values * each)
        else:
            row_bytes += VALUE_BYTES + each
    for what, there, room in (
        ("the largest pages of all columns take", pages_bytes, PAGES_BYTES_MAX),
        ("the lists of one row group may take", nested_bytes, NESTED_BYTES_MAX),
        ("one row may take", row_bytes, PAGE_BYTES_MAX),
    ):
        if there > room:
            raise TooLarge(f"{what} {there} bytes, and there is room for {room}: write smaller row groups and pages")
    return max(1, min(rows_max, TOGETHER_BYTES_MAX // max(row_bytes, 1)))


def _value_bytes(file: BinaryIO, chunk: Any, leaf: Any, page: _Page) -> int:
    """How many bytes a value of a page takes once it is unpacked, at most or on average."""
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return int(leaf.length)
    if leaf.physical_type != "BYTE_ARRAY":
        return 0
    if page.kind == _DICTIONARY:
        return _longest_in_dictionary(file, chunk, page)
    if page.encoding in (_PLAIN_DICTIONARY, _RLE_DICTIONARY):
        return 0
    if page.encoding == _DELTA_BYTE_ARRAY:
        return page.bytes  # each value may begin with all of the one before
    return page.bytes // max(page.values, 1)


def _is_delta(chunk: Any) -> bool:
    return "DELTA_BYTE_ARRAY" in chunk.encodings


def _longest_in_dictionary(file: BinaryIO, chunk: Any, page: _Page) -> int:
    """The length of the longest text of a dictionary; of all of it where it cannot be looked into."""
    if page.bytes <= _SMALL_DICTIONARY_BYTES:
        return page.bytes
    file.seek(page.body)
    body = file.read(page.packed_bytes)
    if chunk.compression != "UNCOMPRESSED":
        try:
            codec = "lz4_raw" if chunk.compression == "LZ4" else chunk.compression.lower()
            body = pa.decompress(body, page.bytes, codec=codec, asbytes=True)
        except (pa.ArrowException, ValueError, OSError):
            return page.bytes
    at = longest = 0
    while at + 4 <= len(body):
        length = int.from_bytes(body[at : at + 4], "little")
        longest = max(longest, length)
        at += 4 + length
    return min(longest, page.bytes)


def _pages(file: BinaryIO, chunk: Any) -> Iterator[_Page]:
    """The pages of a column of a row group, by their headers."""
    at = chunk.data_page_offset
    if chunk.dictionary_page_offset is not None and 0 < chunk.dictionary_page_offset < at:
        at = chunk.dictionary_page_offset
    end, left = at + chunk.total_compressed_size, chunk.num_values
    while at < end and left > 0:
        header, length = _header(file, at, end)
        kind, unpacked, packed = (header.get(field, -1) for field in (1, 2, 3))
        of_kind = header.get({_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}.get(kind, 0), {})
        values, encoding = of_kind.get(1, 0), of_kind.get(4 if kind == _DATA_V2 else 2, _PLAIN)
        numbers = (kind, unpacked, packed, values, encoding)
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("a page has no header")
        yield _Page(kind, unpacked, values, encoding, at + length, packed)
        if kind in (_DATA, _DATA_V2):
            left -= values
        at += length + packed


def _header(file: BinaryIO, at: int, end: int) -> tuple[Struct, int]:
    """The header at a place of the file, and how long it is. Raises ValueError."""
    for size in _HEADER_BYTES:
        file.seek(at)
        raw = file.read(min(size, end - at))
        try:
            header = struct_at(raw)
        except IndexError:
            continue
        length = header.pop(0)
        if not all(isinstance(header.get(field, {}), dict) for field in (5, 7, 8)):
            raise ValueError("a page has a header that is none")
        return header, length
    raise ValueError("a page has a header that does not end")
