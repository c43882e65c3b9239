"""Which route of the site a request asks for, and so what it costs.

The operator's routes decide first, in their order. Only a path that no route names may be an asset by
what the browser says (Sec-Fetch-Dest) or by its extension: a bot that calls its checkout request an
image still pays the price of checkout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from decider.core.path import normalise
from decider.core.policy import Mode, Policy, Route, RouteClass

CACHED_ROUTES = 8_192  # distinct (method, target, destination) classified once per policy
ASSET_DESTINATIONS = frozenset(
    {"audio", "font", "image", "manifest", "paintworklet", "script", "serviceworker", "sharedworker", "style"}
    | {"track", "video", "worker", "xslt"}
)  # the Fetch standard's request destinations that load a part of a page
ASSET_EXTENSIONS = frozenset(
    {"avif", "bmp", "css", "eot", "gif", "ico", "jpeg", "jpg", "js", "map", "mjs", "mp3", "mp4", "ogg", "otf"}
    | {"png", "svg", "ttf", "wasm", "wav", "webm", "webmanifest", "webp", "woff", "woff2"}
)  # what a page loads by itself; documents and archives are not among them: people and scrapers fetch those


@dataclass(frozen=True, slots=True)
class Classified:
    """The named route (or the class itself where no route matched), its class, mode and normalised path."""

    route: str
    route_class: RouteClass
    mode: Mode
    path: str
    is_trap: bool = False


Classifier = Callable[[str, str, str], Classified]


def build_classifier(policy: Policy) -> Classifier:
    """A cached function (method, raw target, Sec-Fetch-Dest) -> Classified for one policy."""

    @lru_cache(maxsize=CACHED_ROUTES)
    def classify(method: str, target: str, destination: str) -> Classified:
        path = normalise(target)
        for route in policy.routes:
            if _matches(route, method, path):
                return Classified(
                    route.name, route.route_class, route.mode or policy.mode, path, route.is_trap
                )
        route_class = RouteClass.ASSET if _is_asset(path, destination) else RouteClass.PAGE
        return Classified(route_class.value, route_class, policy.mode, path)

    return classify


def _matches(route: Route, method: str, path: str) -> bool:
    if route.methods and method not in route.methods:
        return False
    return any(_covers(pattern, path) for pattern in route.paths)


def _covers(pattern: str, path: str) -> bool:
    if pattern.endswith("/*"):
        return path.startswith(pattern[:-1])
    if pattern.startswith("*."):
        return path.endswith(pattern[1:])
    return path.rstrip("/") == pattern.rstrip("/")


def _is_asset(path: str, destination: str) -> bool:
    if destination in ASSET_DESTINATIONS:
        return True
    return path.rpartition("/")[2].rpartition(".")[2].lower() in ASSET_EXTENSIONS
