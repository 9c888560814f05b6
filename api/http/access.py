"""Access: who may ask a server, as it was told when it started."""

from collections.abc import Collection
from dataclasses import dataclass

from api.keys.key_check import KeyCheck


@dataclass(frozen=True)
class Access:
    """What a server asks of those who ask it. By default nothing: it is for this machine."""

    keys: KeyCheck | None = None
    """Where keys are looked up; None: they are not asked for."""
    is_open: bool = True
    """Whether everybody may do everything as long as there are no keys."""
    key_requests_a_minute: int | None = None
    """How many requests of one key are answered in a minute; None: any number."""
    address_requests_a_minute: int | None = None
    """The same of one address, without a key, where keys are asked for."""
    open_requests_a_minute: int | None = None
    """The same of one address where none are."""
    origins: Collection[str] = ()
    """Sites whose pages may use the server from a browser."""
    over_tls: bool = False
    """Whether the server itself speaks TLS."""
