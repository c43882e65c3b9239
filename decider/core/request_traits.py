"""What one request shows by itself: probes in it, who it claims to come from, what led to it.

Everything that depends on one text alone is worked out once for that text and cached: the hot path can not
afford a hundred expressions a request, and attackers and browsers alike repeat themselves. Above 200 lines,
because what is read of one request is one tuple, made in one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from decider.core.agent import AgentKind, AgentTraits
from decider.core.attack_strings import AttackStrings
from decider.core.client_key import Address
from decider.core.crawler import Claim
from decider.core.hit import sketch_bit
from decider.core.path_template import template_of
from decider.core.policy import RouteClass
from decider.core.probe_catalogue import NO_PROBE, Probe, ProbeCatalogue, ProbeLevel
from decider.core.request_facts import RequestFacts
from decider.core.route import Classified
from decider.core.site_knowledge import SiteKnowledge, script_kind

CACHED_TARGETS = 8_192  # distinct (method, target) read once; the requests that look alike are kept besides
CACHED_REFERERS = 16_384
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WEBDAV_METHODS = frozenset(
    {"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "MKCALENDAR"}
)  # sync clients send them; a site without WebDAV refuses them, and refusals are counted
PROXY_PROBE = Probe("proxy abuse", ProbeLevel.UNMISTAKABLE)
ODD_TARGET_PROBE = Probe("odd request", ProbeLevel.DOUBTFUL)


class ScriptDoubt(IntEnum):
    """How a script that was asked for out of nowhere stands to what the site is known to serve."""

    NONE = 0
    UNKNOWN = 1  # the site has not been seen to serve this one
    FOREIGN = 2  # the site serves no script of this kind at all


class TargetTraits(NamedTuple):
    """Of method and target. ``path`` is the normalised path in lower case, ``listed`` the family it is in;
    ``is_fixed``: no id in it."""

    path: str
    template_bit: int
    path_bit: int
    is_fixed: bool
    listed: Probe
    attack: Probe
    is_login: bool
    is_courtesy: bool
    is_write: bool
    script_kind: str


class RequestTraits(NamedTuple):
    """Of the whole request.

    ``is_guided``: a page of this site led to it; ``is_part``: a browser draws a page with it; ``is_absent``:
    a listed path that the site is known not to have; ``site_is_mute``: the site's pages let nobody name them;
    ``site_is_drawn``: browsers load parts of them, and do.
    """

    target: TargetTraits
    agent: AgentTraits
    route_class: RouteClass
    probe: Probe
    attack: Probe
    is_absent: bool
    is_guided: bool
    claim: Claim
    agent_bit: int
    headers_contradict: bool
    is_trap: bool
    script: ScriptDoubt
    is_part: bool = False
    site_is_mute: bool = False
    site_is_drawn: bool = False

    @property
    def rest_on_site(self) -> bool:
        """Whether they may change with what the site is known to serve."""
        return self.target.listed.level is not ProbeLevel.NONE or bool(self.target.script_kind)


class TraitsReader:
    """``claim_of`` answers (claimed crawler, address)."""

    def __init__(
        self,
        catalogue: ProbeCatalogue,
        attacks: AttackStrings,
        agent_of: Callable[[str], AgentTraits],
        claim_of: Callable[[str, Address], Claim],
        site: SiteKnowledge,
    ) -> None:
        self._catalogue = catalogue
        self._agent_of = agent_of
        self._claim_of = claim_of
        self.site = site
        self._target_of = lru_cache(maxsize=CACHED_TARGETS)(self._read_target)
        self._header_attack = lru_cache(maxsize=CACHED_REFERERS)(attacks.find_in_header)
        self._attacks = attacks

    def needs_address(self, facts: RequestFacts) -> bool:
        """Whether the traits depend on who sends the request: a crawler is believed by its address."""
        return bool(self._agent_of(facts.user_agent).crawler)

    def read(self, facts: RequestFacts, classified: Classified) -> RequestTraits:
        """The traits of a request."""
        target = self._target_of(facts.method, facts.target, classified.path)
        agent = self._agent_of(facts.user_agent)
        probe, is_absent = target.listed, False
        if probe.level is not ProbeLevel.NONE:
            if self.site.serves(target.path):
                probe = NO_PROBE
            else:
                is_absent = self.site.lacks(target.path)
        referer_host = host_of(facts.referer)
        has_odd_referer = bool(referer_host) and lacks_path(facts.referer)
        is_guided = bool(referer_host) and referer_host == plain_host(facts.host)
        is_part = False
        if (
            classified.route_class is RouteClass.ASSET
            and agent.kind is AgentKind.BROWSER
            and not target.is_courtesy
            and (is_guided or not facts.referer)  # foreign pages embed images
        ):
            is_part = True
            is_guided = is_guided or self.site.strips_referers
        if is_guided and classified.route_class is RouteClass.ASSET:
            probe, is_absent = NO_PROBE, False  # whatever folder the site keeps the parts of its pages in
        attack = target.attack
        if attack.level is not ProbeLevel.UNMISTAKABLE:
            attack = self._attack_in_headers(facts) or attack
        return RequestTraits(
            target,
            agent,
            classified.route_class,
            probe,
            attack,
            is_absent,
            is_guided,
            self._claim_of(agent.crawler, facts.client.address) if agent.crawler else Claim.NONE,
            agent.bit,
            agent.kind is AgentKind.BROWSER
            and (has_odd_referer or (facts.has_headers and _contradict(facts))),
            classified.is_trap,
            self._script_doubt(target)
            if target.script_kind and (has_odd_referer or not referer_host)
            else ScriptDoubt.NONE,
            is_part,
            self.site.strips_referers,
            self.site.is_drawn,
        )

    def _script_doubt(self, target: TargetTraits) -> ScriptDoubt:
        if self.site.serves(target.path):
            return ScriptDoubt.NONE
        return ScriptDoubt.FOREIGN if self.site.lacks_kind(target.script_kind) else ScriptDoubt.UNKNOWN

    def _attack_in_headers(self, facts: RequestFacts) -> Probe | None:
        for text in (facts.user_agent, facts.referer):
            if text and text != "-":
                found = self._header_attack(text)
                if found.level is not ProbeLevel.NONE:
                    return found
        return None

    def _read_target(self, method: str, target: str, path: str) -> TargetTraits:
        lowered = path.lower()
        segments = lowered.split("/")
        listed = self._catalogue.find(lowered, segments)
        courtesy = listed.level < ProbeLevel.LIKELY and self._catalogue.is_courtesy(lowered, segments)
        if courtesy:
            listed = NO_PROBE
        elif listed.level is ProbeLevel.NONE:
            courtesy = self._catalogue.is_feed(lowered, segments)
        is_write = method in WRITE_METHODS
        if listed.level is not ProbeLevel.UNMISTAKABLE:
            listed = _odd_request(method, target) or listed
        template = template_of(path)
        return TargetTraits(
            lowered,
            sketch_bit(template),
            sketch_bit(lowered),
            template == lowered and not any(map(str.isdigit, target.partition("?")[2])),
            listed,
            self._attacks.find_in_target(target),
            is_write and self._catalogue.is_login(lowered, segments),
            courtesy,
            is_write,
            "" if courtesy else script_kind(segments[-1]),
        )


def _odd_request(method: str, target: str) -> Probe | None:
    if method == "CONNECT":
        return PROXY_PROBE
    if not target.startswith("/") and target != "*":
        return PROXY_PROBE if "://" in target[:12] else ODD_TARGET_PROBE
    known = method in SAFE_METHODS or method in WRITE_METHODS or method in WEBDAV_METHODS
    return None if known else ODD_TARGET_PROBE


def _contradict(facts: RequestFacts) -> bool:
    """Every browser names languages, encodings and media types; a program that plays one often forgets."""
    return not facts.accept_language and not (facts.accept_encoding and facts.accept)


@lru_cache(maxsize=CACHED_REFERERS)
def host_of(url: str) -> str:
    """The host of a URL, lower case, without port and ``www.``; empty for none."""
    scheme, separator, rest = url.partition("://")
    if not separator or len(scheme) > 5:
        return ""
    return plain_host(rest.partition("/")[0].partition("?")[0])


def lacks_path(url: str) -> bool:
    """A referer without the slash after its host: every browser writes one (WHATWG URL, path state)."""
    return "/" not in url.partition("://")[2]


@lru_cache(maxsize=CACHED_REFERERS)
def plain_host(host: str) -> str:
    """A host without port and ``www.``, lower case."""
    host = host.rpartition("@")[2].lower()
    if host.count(":") == 1:
        host = host.partition(":")[0]
    return host.removeprefix("www.")
