"""What the signals look at: one client's tally, the request at hand, and what is known around both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from decider.core.agent import OPEN_KINDS, AgentKind
from decider.core.origin import UNKNOWN_ORIGIN, Origin
from decider.core.policy import RouteClass
from decider.core.record_layout import DAY, HOUR, Group, Sketch
from decider.core.request_traits import RequestTraits
from decider.core.tally import Tally

OPEN_SHARE = (
    0.4  # of what no page led to: apps, feed readers and crawlers are led by none, and say what they are
)
MUTE_SHARE = 0.6  # the same where the site's pages do not let browsers say who led them
POLLED_ROUTES = 2.1  # an address that is polled, and the one it redirects from: two bits of a sketch
GUIDED_A_BARE_PAGE = 3.0  # what one page leads to at least (a style, an image, a click) in a person's browser


class Around(NamedTuple):
    """Tallies of what surrounds a client, where they were counted."""

    subnet: Tally | None = None
    logins: Tally | None = None


NOTHING_AROUND = Around()


class Evidence:
    """``cost`` is the price of one request of each class in page views; no window's cost is above
    ``most_cost``. ``request`` is None when nobody asks (explain)."""

    __slots__ = (
        "_damping",
        "_find_origin",
        "_origin",
        "bare_day",
        "cost",
        "guided_day",
        "logins",
        "most_cost",
        "request",
        "subnet",
        "tally",
        "unguided",
    )

    def __init__(
        self,
        tally: Tally,
        cost: Mapping[RouteClass, float],
        request: RequestTraits | None = None,
        find_origin: Callable[[], Origin] = lambda: UNKNOWN_ORIGIN,
        around: Around = NOTHING_AROUND,
    ) -> None:
        self.tally = tally
        self.cost = cost
        self.request = request
        self._find_origin = find_origin
        self._origin: Origin | None = None
        self._damping = 0.0
        self.subnet, self.logins = around
        self.most_cost = 0.0
        for route_class, price in cost.items():
            self.most_cost += price * tally.most(route_class)
        self.bare_day = tally.over(Group.BARE, DAY)
        self.guided_day = tally.over(Group.GUIDED, DAY)
        self.unguided = unguided_share(self.bare_day, self.guided_day)
        if self.unguided and request is not None:
            if self.is_open or self.is_polling:
                self.unguided *= OPEN_SHARE
            elif request.site_is_mute:
                self.unguided *= MUTE_SHARE

    @property
    def is_open(self) -> bool:
        """Whether it says that it is a program of its own: an app, a feed reader, a crawler."""
        return self.request is not None and self.request.agent.kind in OPEN_KINDS

    @property
    def is_polling(self) -> bool:
        """Whether a program asks for the same fixed address again and again, as monitors do."""
        request = self.request
        return request is not None and request.agent.kind is not AgentKind.BROWSER and self.polls_one_address

    @property
    def polls_one_address(self) -> bool:
        """Whether it asks for the same fixed address again and again, and for hardly anything else."""
        if self.request is None or not self.request.target.is_fixed:
            return False
        distinct = self.tally.distinct
        return distinct(Sketch.ROUTES) <= POLLED_ROUTES and distinct(Sketch.MISSES) <= POLLED_ROUTES

    @property
    def origin(self) -> Origin:
        """What network the client is on; looked up when a signal asks, which is seldom."""
        if self._origin is None:
            self._origin = self._find_origin()
        return self._origin

    @property
    def damping(self) -> float:
        """How many people the address speaks for."""
        if not self._damping:
            self._damping = people_of(self.tally)
        return self._damping

    def cost_over(self, window_seconds: int) -> float:
        """What the client asked for in the sliding window, in page views: 80 assets at 0.02 are 1.6.

        An address that serves several people is measured by one of them.
        """
        over, total = self.tally.over, 0.0
        for route_class, price in self.cost.items():
            total += price * over(route_class, window_seconds)
        return total / self.damping

    def requests_over(self, window_seconds: int) -> float:
        """Requests of every class in the sliding window."""
        return sum(self.tally.over(route_class, window_seconds) for route_class in RouteClass)


def unguided_share(bare: float, guided: float) -> float:
    """How much of a client's asking no page of the site led to: 0 for a person's browser, 1 for a script."""
    if not bare:
        return 0.0
    return max(0.0, 1.0 - guided / (GUIDED_A_BARE_PAGE * bare))


def people_of(tally: Tally) -> float:
    """How many people an address speaks for: 1 unless several sessions each browse at a person's pace.

    A bot that takes a new session or user agent for each request has about as many of them as pages, and
    nothing that a page led to: it earns nothing.
    """
    people = max(tally.distinct(Sketch.SESSIONS), tally.distinct(Sketch.AGENTS))
    if people < 2.0:
        return 1.0
    guided = tally.over(Group.GUIDED, HOUR)
    bare = tally.over(Group.BARE, HOUR)
    if guided < GUIDED_A_BARE_PAGE * people or bare > guided:
        return 1.0
    return min(people, MOST_PEOPLE)


MOST_PEOPLE = 8.0  # an office behind one address is excused this much; a carrier's gateway is listed by hand
