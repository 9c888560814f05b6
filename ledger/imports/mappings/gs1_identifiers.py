"""Identifiers of GS1, as EPCIS writes them: which place, party or kind of goods they name.

The same key is written in several ways: `urn:epc:id:sgln:4012345.00001.0` and `https://id.gs1.org/414/4012345000016`
are the GLN 4012345000016. Of goods, the lot and the serial number are left out: what remains is their kind, the GTIN.
Of places, so is the part of the place: what remains is the GLN.
"""

import re
from typing import NamedTuple

_PLACE = re.compile(r"^urn:epc:id:(?:sgln|pgln):([0-9]+)\.([0-9]*)(?:\..*)?$")
_GOODS = re.compile(r"^urn:epc:(?:class:lgtin|idpat:sgtin|id:sgtin):([0-9]+)\.([0-9]+)(?:\..*)?$")
_PLACE_LINK = re.compile(r"^https?://[^/?#]+/(?:.*/)?(?:414|417)/([0-9]{13})(?:[/?#].*)?$")
_GOODS_LINK = re.compile(r"^https?://[^/?#]+/(?:.*/)?(?:01|gtin)/([0-9]{8,14})(?:[/?#].*)?$")


class Identifier(NamedTuple):
    """What a URI names."""

    scheme: str
    """`gln`, `gtin`, or `uri` where it is no key of GS1."""
    value: str

    @property
    def slug(self) -> str:
        """A slug for what it names."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.scheme} {self.value}".lower()).strip("-")[:80].strip("-")

    def __str__(self) -> str:
        return self.value if self.scheme == "uri" else f"{self.scheme.upper()} {self.value}"


def place_or_party(uri: str) -> Identifier:
    """The place or the party that a URI names."""
    if found := _PLACE.match(uri):
        digits = found[1] + found[2]
        if len(digits) == 12:
            return Identifier("gln", digits + _check_digit(digits))
    if found := _PLACE_LINK.match(uri):
        return Identifier("gln", found[1])
    return Identifier("uri", uri)


def goods(uri: str) -> Identifier:
    """The kind of goods that a URI names, whatever the lot."""
    if found := _GOODS.match(uri):
        digits = found[2][:1] + found[1] + found[2][1:]
        if len(digits) == 13:
            return Identifier("gtin", digits + _check_digit(digits))
    if found := _GOODS_LINK.match(uri):
        return Identifier("gtin", found[1].zfill(14))
    return Identifier("uri", uri)


def _check_digit(digits: str) -> str:
    """The last digit of a key, which follows from the others."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
