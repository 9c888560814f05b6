"""An answer as it goes out: its headers and its bytes, made once and sent to everybody who asks the same."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Headers, an `ETag` among them, and a body."""

    headers: Mapping[str, str]
    body: bytes
