"""Structures of Thrift in its compact form, as the parts of a Parquet file are described in.

A structure is a list of fields, each with a number, a kind and a value. For example `15 0e 00` is a structure whose
field 1 (`1.`) is a whole number (`.5`) of 7, in the zigzag manner (`0e`), and its end (`00`).
"""

from typing import Any

from ledger.codec.strict_json import DEPTH_MAX

Struct = dict[int, Any]
"""Values by the numbers of their fields; under 0, which is no field, how many bytes the structure takes."""
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
NESTED_MAX = DEPTH_MAX


def struct_at(raw: bytes, *, until_field: int | None = None) -> Struct:
    """The structure at the beginning of some bytes; as far as a field, if one is given.

    Raises IndexError where the bytes end before it does, and ValueError where they are none.
    """
    reader = _Reader(raw)
    struct = reader.struct(NESTED_MAX, until_field)
    struct[0] = reader.at
    return struct


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def struct(self, depth_left: int, until_field: int | None = None) -> Struct:
        if depth_left == 0:
            raise ValueError("a structure is nested too deep")
        fields: Struct = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            if until_field is not None and number > until_field:
                break
            if number <= 0:
                raise ValueError("a field has no number")
            fields[number] = self._value(head & 15, depth_left, in_list=False)
        return fields

    def _value(self, kind: int, depth_left: int, *, in_list: bool) -> Any:
        if kind in (_TRUE, _FALSE):
            return self._byte() == 1 if in_list else kind == _TRUE
        if kind == _BYTE:
            return self._byte()
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in (_LIST, _SET):
            return self._list(depth_left)
        if kind == _STRUCT:
            return self.struct(depth_left - 1)
        raise ValueError(f"a value of the kind {kind} is in no Parquet file")

    def _list(self, depth_left: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        if count > len(self.raw) - self.at:
            raise IndexError("a list is longer than what there is")
        return [self._value(head & 15, depth_left, in_list=True) for _ in range(count)]

    def _byte(self) -> int:
        value = self.raw[self.at]
        self.at += 1
        return value

    def _bytes(self, count: int) -> bytes:
        if self.at + count > len(self.raw):
            raise IndexError("a text is longer than what there is")
        self.at += count
        return self.raw[self.at - count : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            if (shift := shift + 7) > 63:
                raise ValueError("a whole number does not end")
        return value | byte << shift

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
