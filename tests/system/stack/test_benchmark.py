"""`make bench` measures on any machine; what it measures there is not the test's business."""

import json
import subprocess
from pathlib import Path

from tests.running_stack import PYTHON, environment
from tests.servers import ROOT

LONGEST_SECONDS = 110


def test_one_short_round_writes_every_figure(tmp_path: Path) -> None:
    done = subprocess.run(
        [PYTHON, "-m", "load.bench", "--rounds", "1", "--seconds", "1", "--run-dir", tmp_path],
        cwd=ROOT,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert len(figures) == 11
    assert all(figures[name] > 0 for name in figures if name.endswith("_rps"))
    assert "| `guarded_many_clients_rps` |" in done.stdout


def test_a_round_that_is_none_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [PYTHON, "-m", "load.bench", "--rounds", "0", "--run-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "'0' is not a whole number from 1 up" in done.stderr
