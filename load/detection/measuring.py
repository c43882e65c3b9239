"""All the figures of `make detection`, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from load.detection.hub_tests import HubResult, hub_tests, run_hub_test
from load.detection.human_pace import score_sessions
from load.detection.label_sets import SetScore, logs_of, read_labels, score, total
from load.detection.replaying import replay

PATH_LISTS = "probe_paths,attack_strings"  # the signals that are lists of paths and strings
NO_PATHS = f"{PATH_LISTS},unknown_scripts"  # and the one that judges scripts by their place on the site
ONLY_PATHS = (
    "burst,sustained_rate,regularity,round_the_clock,sensitive_pressure,route_spread,unguided_pages,undrawn_pages,"
    "missing_pages,refusals,write_pressure,login_pressure,shared_login_pressure,subnet_pressure,identity,agent_rotation,"
    "false_crawler,origin"
)
THRESHOLDS = (0.70, 0.75, 0.80, 0.85, 0.90)  # tried when one set is left out
SCANNER_SET = "scanner-ocatak"  # every line is an attack, with no labels: one file a tool


@dataclass(slots=True)
class Measured:
    """``halves``: the sum of all sets with some signals switched off; ``left_out``: each set judged with the
    threshold that is best for the others."""

    sets: list[SetScore] = field(default_factory=list)
    halves: dict[str, SetScore] = field(default_factory=dict)
    left_out: list[tuple[float, SetScore]] = field(default_factory=list)
    scanner_requests: int = 0
    scanner_blocked: int = 0
    hub: list[HubResult] = field(default_factory=list)
    human_pace: SetScore | None = None

    @property
    def all_sets(self) -> SetScore:
        """The sum."""
        return total(self.sets)


def measure(logs: Path, progress: Callable[[str], None]) -> Measured:
    """Everything that the folder has logs for. Raises RuntimeError when a replay fails."""
    measured = Measured()
    folders = sorted(path.parent for path in (logs / "sets").glob("*/labels.csv"))
    progress("sets")
    measured.sets = _score_all(folders)
    for name, without in (
        ("no path lists", PATH_LISTS),
        ("behaviour only", NO_PATHS),
        ("paths only", ONLY_PATHS),
    ):
        progress(f"sets, {name}")
        measured.halves[name] = total(_score_all(folders, "--without", without))
    measured.left_out = _leave_one_out(folders, progress)
    progress("scanners")
    for log in _scanner_logs(logs / "sets" / SCANNER_SET):
        decisions = replay([log])
        measured.scanner_requests += len(decisions)
        measured.scanner_blocked += sum(one.blocked for one in decisions)
    if (logs / "crowdsec-hub-tests").is_dir():
        for test in hub_tests(logs / "crowdsec-hub-tests"):
            progress(f"hub test {test.name}")
            measured.hub.append(run_hub_test(test))
    if (logs / "certh-phase1").is_dir():
        progress("bots at human pace")
        measured.human_pace = score_sessions(logs / "certh-phase1")
    return measured


def _score_all(folders: Iterable[Path], *options: str) -> list[SetScore]:
    return [
        score(folder.name, read_labels(folder / "labels.csv"), replay(logs_of(folder), *options))
        for folder in folders
    ]


def _leave_one_out(folders: Sequence[Path], progress: Callable[[str], None]) -> list[tuple[float, SetScore]]:
    """For each set the threshold that stops most on the others while harming nobody there."""
    by_threshold: dict[float, list[SetScore]] = {}
    with TemporaryDirectory(prefix="policies-") as place:
        for threshold in THRESHOLDS:
            progress(f"leave one out, threshold {threshold:.2f}")
            policy = Path(place) / f"{threshold:.2f}.toml"
            policy.write_text(f"[thresholds]\nblock_at = {threshold}\n", encoding="utf-8")
            by_threshold[threshold] = _score_all(folders, "--policy", str(policy))
    result = []
    for left_out in range(len(folders)):
        best = max(THRESHOLDS, key=lambda threshold: _worth(by_threshold[threshold], left_out))
        result.append((best, by_threshold[best][left_out]))
    return result


def _worth(scores: Sequence[SetScore], left_out: int) -> tuple[bool, float]:
    others = total(one for number, one in enumerate(scores) if number != left_out)
    return others.harms_nobody, others.groups["bad"].request_share


def _scanner_logs(folder: Path) -> list[Path]:
    return logs_of(folder) if folder.is_dir() else []
