"""What this site serves, learned from its answers: the real thing is no probe, the absent one is surer.

Only clean clients teach what is served, or attackers would whitelist ``/.env`` on a site that answers 200 to
everything; such catch-all answers are recognised by their equal size. Only scripts and paths that some
list names are kept, so that a flood of random paths teaches nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

MOST_PATHS = 4_096  # listed paths remembered; a scan asks for a few hundred
MISSING_TIMES = 2  # 404s after which a doubtful path is known to be absent from this site
PART_CLIENTS = 12  # so many addresses loaded parts of pages in one way; fewer may be bots
TOLD_SHARE = (
    0.05  # of all parts of pages that are asked for with a referer: where browsers tell, nearly all are
)
PARTS_KEPT = 2_000  # counted, then halved: a site may change its mind
SAME_SIZE_PATHS = 4  # different listed paths with one size of answer: a page that answers everything


FOREIGN_PATHS = 5  # different scripts of one kind that do not exist, and none that does: a foreign kind
SCRIPT_KINDS = {
    "php": "php",
    "php5": "php",
    "php7": "php",
    "phtml": "php",
    "asp": "asp",
    "aspx": "asp",
    "ashx": "asp",
    "asmx": "asp",
    "jsp": "jsp",
    "jspx": "jsp",
    "jspa": "jsp",
    "do": "jsp",
    "action": "jsp",
    "cgi": "cgi",
    "pl": "cgi",
    "cfm": "cfm",
}  # extension -> what must run on a server to serve it


def script_kind(name: str) -> str:
    """The kind of script a last segment names (lower case); empty for none."""
    stem, dot, extension = name.rpartition(".")
    return SCRIPT_KINDS.get(extension, "") if dot and stem else ""


@dataclass(slots=True)
class _Answers:
    served: bool = False
    missing: int = 0


class SiteKnowledge:
    """Answers by path (normalised, lower case).

    ``strips_referers``: the site's pages keep browsers from naming them (Referrer-Policy: no-referrer), so
    the parts of a page show all the same that a page led there. ``is_drawn``: its browsers load parts of
    pages and say which page led them.
    """

    def __init__(self) -> None:
        self._parts = [0, 0]  # of pages, asked for without and with a referer
        self._clients: tuple[set[str], set[str]] = (set(), set())  # who asked so
        self.strips_referers = False
        self.is_drawn = False
        self._answers: OrderedDict[str, _Answers] = OrderedDict()
        self._paths_of_size: OrderedDict[int, set[str]] = OrderedDict()
        self._served_kinds: set[str] = set()
        self._missing_of_kind: dict[str, set[str]] = {}

    def learn(self, path: str, status: int, size_bytes: int, from_clean_client: bool) -> None:
        """Note the answer to a listed path."""
        answers = self._answers.setdefault(path, _Answers())
        self._answers.move_to_end(path)
        if status in (404, 410):
            answers.missing += 1
        elif 200 <= status < 300:
            paths = self._paths_of_size.setdefault(size_bytes, set())
            paths.add(path)
            if from_clean_client and len(paths) < SAME_SIZE_PATHS:
                answers.served = True
        if kind := script_kind(path.rpartition("/")[2]):
            self._learn_kind(kind, path, answers.served, status)
        for kept in (self._answers, self._paths_of_size):
            if len(kept) > MOST_PATHS:
                kept.popitem(last=False)

    def note_part(self, has_referer: bool, client: str) -> None:
        """A browser asked for a part of a page; whether it named a page of the site that led there."""
        parts, clients = self._parts, self._clients[has_referer]
        parts[has_referer] += 1
        if len(clients) < PART_CLIENTS:
            clients.add(client)
        total = parts[0] + parts[1]
        is_told = parts[1] >= TOLD_SHARE * total
        self.strips_referers = not is_told and len(self._clients[0]) >= PART_CLIENTS
        self.is_drawn = is_told and len(self._clients[1]) >= PART_CLIENTS
        if total >= PARTS_KEPT:
            parts[0], parts[1] = parts[0] // 2, parts[1] // 2

    def _learn_kind(self, kind: str, path: str, is_served: bool, status: int) -> None:
        if is_served:
            self._served_kinds.add(kind)
        elif status in (404, 410):
            missing = self._missing_of_kind.setdefault(kind, set())
            if len(missing) < FOREIGN_PATHS:
                missing.add(path)

    def adopt(self, served: Iterable[str], lacking: Iterable[str]) -> None:
        """Know what another process has learned, instead of what was known."""
        self._answers = OrderedDict((path, _Answers(missing=MISSING_TIMES)) for path in lacking)
        self._answers.update((path, _Answers(served=True)) for path in served)
        for path, answers in self._answers.items():
            if kind := script_kind(path.rpartition("/")[2]):
                self._learn_kind(kind, path, answers.served, 404)

    @property
    def served(self) -> tuple[str, ...]:
        """Listed paths that the site gives to clean clients."""
        return tuple(path for path, answers in self._answers.items() if answers.served)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Listed paths that are known to be absent."""
        return tuple(path for path in self._answers if self.lacks(path))

    def serves(self, path: str) -> bool:
        """Whether the site gives this path to clean clients."""
        answers = self._answers.get(path)
        return answers is not None and answers.served

    def lacks(self, path: str) -> bool:
        """Whether the path is known to be absent."""
        answers = self._answers.get(path)
        return answers is not None and not answers.served and answers.missing >= MISSING_TIMES

    def answers_everything(self, size_bytes: int) -> bool:
        """Whether a good answer of this size is one page for all paths."""
        return len(self._paths_of_size.get(size_bytes, ())) >= SAME_SIZE_PATHS

    def lacks_kind(self, kind: str) -> bool:
        """Whether scripts of this kind are known to be foreign to the site."""
        return kind not in self._served_kinds and len(self._missing_of_kind.get(kind, ())) >= FOREIGN_PATHS
