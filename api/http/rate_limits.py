"""Rate limits: how many requests may come in a minute, of one key or, without one, from one address.

A limit of 60 lets 60 come at once and then one a second: what was not used for a minute is there again. For each key or
address one instant is remembered, the one at which all it has used is there again; of the longest-quiet ones, when
there are very many, nothing, as if they had used nothing.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

from api.problems import Problem

NAMES_MAX = 10_000
MINUTE_S = 60.0


class RateLimit:
    """At most `a_minute` requests in a minute of each name; None: any number. Several threads may use it."""

    def __init__(self, a_minute: int | None, *, clock: Callable[[], float] = monotonic) -> None:
        self.a_minute = a_minute
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def count(self, name: str, *, what: str) -> None:
        """Count a request of a name. Raises Problem (429) where it is one too many, and then does not count it."""
        if self.a_minute is None:
            return
        now = self._clock()
        each = MINUTE_S / self.a_minute
        with self._lock:
            full_at = max(self._full_at.get(name, now), now) + each
            wait = full_at - now - MINUTE_S
            if wait <= 1e-9:
                self._full_at[name] = full_at
                self._full_at.move_to_end(name)
                if len(self._full_at) > NAMES_MAX:
                    self._full_at.popitem(last=False)
                return
        raise Problem(
            429,
            "too-many-requests",
            f"{what} may send {self.a_minute} requests a minute here. Ask again later, for more at once (`limit`, a "
            "file), or less often.",
            headers={"Retry-After": str(max(1, ceil(wait)))},
        )


def network_of(address: str) -> str:
    """An address as limits count it: of IPv6 the network of 64 bits, of which one client may have all addresses."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
