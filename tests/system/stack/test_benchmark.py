"""`make bench-quick` measures on any machine; what it measures there is not the test's business."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import PYTHON, environment, processes_of
from tests.servers import ROOT

LONGEST_SECONDS = 200  # about 60 on an idle machine
SHORT = ("--quick", "--seconds", "1", "--latency-seconds", "1", "--rates", "200", "--clients", "2000")


def bench(folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-m", "load.bench", *options],
        cwd=ROOT,
        # every process of it inherits RUN_DIR, by which it is found
        env=environment({"RUN_DIR": str(folder), "TMPDIR": str(folder)}),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def folders_in_memory() -> set[Path]:
    """Those of benchmarks that are over: others on this machine have processes in theirs."""
    return {path for path in Path("/dev/shm").glob("bench-*") if not processes_of(path)}  # noqa: S108


@pytest.mark.timeout(LONGEST_SECONDS + 20)
def test_a_quick_run_prints_and_writes_every_figure_and_leaves_nothing(tmp_path: Path) -> None:
    before = folders_in_memory()
    done = bench(tmp_path, *SHORT, "--markdown", tmp_path / "bench.md")
    assert done.returncode == 0, done.stderr
    assert processes_of(tmp_path) == []
    assert folders_in_memory() - before == set()
    assert {path.name for path in tmp_path.iterdir()} == {"bench.json", "bench-rounds.json", "bench.md"}
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert figures["quick"] is True
    rates = {name: value for name, value in figures.items() if name.endswith("_rps")}
    assert len(rates) == 11
    why = json.loads((tmp_path / "bench-rounds.json").read_text())["missing"]
    assert {name for name, value in rates.items() if not value} <= set(why)  # no module, or a busy machine
    assert all(rates[name] for name in ("unguarded_rps", "ceiling_rps", "deny_all_rps"))
    assert set(figures["added_latency"]) == {"allow", "block", "cached_block", "fail_open", "fail_open_hung"}
    assert set(figures["processor_ms_per_1000_decisions"]) == {"decider", "redis", "nginx"}
    assert 100 < figures["bytes_per_client"] <= 400
    assert figures["worker_mb_after_clients"] > 20
    table = (tmp_path / "bench.md").read_text()
    assert table.startswith("**Quick run**")
    assert "| `guarded_many_clients_rps` |" in table
    assert "| guarded_many_clients_rps / ceiling_rps | ≥ 0.45 |" in table
    assert table in done.stdout


def test_a_round_that_is_none_is_refused(tmp_path: Path) -> None:
    done = bench(tmp_path, "--rounds", "0")
    assert done.returncode == 2
    assert "'0' is not a whole number from 1 up" in done.stderr
