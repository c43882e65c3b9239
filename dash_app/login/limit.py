"""How often a password may be tried: a sliding window of failures, for each address and for each name.

Counted in this process and in bounded memory: the dashboard is one process (gunicorn_conf.py), and a restart
forgives. A try counts before its password is checked, so that many at once are no way around.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

WINDOW_SECONDS = 300.0
TRIES_OF_ADDRESS = 10  # a person with three passwords in mind and caps lock on
TRIES_OF_NAME = 30  # many addresses on one name: above what several people at one account mistype
LARGEST_TABLE = 10_000  # keys; those tried longest ago go first
IPV6_PREFIX = 64  # one household or machine has this much, and could take a new address for each try

Key = tuple[str, str]


class LoginLimit:
    """Safe for many threads. Time is in seconds of ``clock``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._tries: OrderedDict[Key, deque[float]] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()

    def register(self, address: str, name: str) -> float:
        """Count one try; gives 0 when it may go on, else the seconds to wait.

        An address from which this name once signed in is not held by what others do to the name: else
        anybody could lock an operator out during an attack.
        """
        network = network_of(address)
        keys = [(("address", network), TRIES_OF_ADDRESS)]
        with self._lock:
            if (network, name) not in self._known:
                keys.append((("name", name), TRIES_OF_NAME))
            now = self._clock()
            wait = max(self._wait(key, limit, now) for key, limit in keys)
            if wait <= 0:
                for key, _ in keys:
                    self._tries.setdefault(key, deque()).append(now)
                    self._tries.move_to_end(key)
                while len(self._tries) > LARGEST_TABLE:
                    self._tries.popitem(last=False)
            return max(wait, 0.0)

    def succeeded(self, address: str, name: str) -> None:
        """The password was right: the tries before it were typing errors."""
        network = network_of(address)
        with self._lock:
            self._tries.pop(("address", network), None)
            self._known[(network, name)] = None
            self._known.move_to_end((network, name))
            while len(self._known) > LARGEST_TABLE:
                self._known.popitem(last=False)

    def _wait(self, key: Key, limit: int, now: float) -> float:
        tries = self._tries.get(key, deque())
        while tries and tries[0] <= now - WINDOW_SECONDS:
            tries.popleft()
        return tries[0] + WINDOW_SECONDS - now if len(tries) >= limit else 0.0


def network_of(address: str) -> str:
    """What counts as one address: itself, or the /64 around an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
