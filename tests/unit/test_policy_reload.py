"""A changed policy file is taken over when it is good and still; a faulty one changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest

from decider.core.errors import PolicyError
from decider.core.policy import Mode, Policy
from decider.policy_memory import PolicyMemory, create_policy_memory
from decider.policy_reload import PolicyReload, load_or_recall
from decider.policy_source import PolicySource

FAULTY = "mode = 'x'\n[ban]\nfirst_seconds = 0\n"


class Watched:
    """A policy file under reload, and every policy that was handed out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text("mode = 'enforce'")
        self.used: list[Policy] = []
        self.memory = PolicyMemory.inherited(create_policy_memory())
        source = PolicySource(path)
        policy, _ = load_or_recall(source, self.memory)
        self.reload = PolicyReload(source, policy, self.used.append, self.memory)

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            asyncio.run(self.reload.look())


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "policy.toml")


def test_a_changed_file_is_taken_over_after_it_stood_still_for_a_look(watched: Watched) -> None:
    watched.look()
    watched.path.write_text("mode = 'observe'")
    watched.look(1)
    assert watched.used == []
    watched.look(1)
    assert [policy.mode for policy in watched.used] == [Mode.OBSERVE]
    watched.look(3)
    assert len(watched.used) == 1


def test_a_change_between_the_start_and_the_first_look_is_not_missed(watched: Watched) -> None:
    watched.path.write_text("mode = 'observe'")
    watched.look()
    assert [policy.mode for policy in watched.used] == [Mode.OBSERVE]


def test_a_file_caught_empty_while_it_is_written_is_not_taken_for_the_defaults(watched: Watched) -> None:
    watched.look()
    watched.path.write_text("")
    watched.look(1)
    watched.path.write_text("mode = 'observe'")
    watched.look(2)
    assert [policy.mode for policy in watched.used] == [Mode.OBSERVE]


def test_a_change_of_equal_size_moved_into_place_is_seen(watched: Watched) -> None:
    watched.look()
    before = watched.path.stat()
    moved = watched.path.with_suffix(".new")
    moved.write_text("mode = 'observe'")
    os.utime(moved, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert moved.stat().st_size == before.st_size
    moved.rename(watched.path)
    watched.look()
    assert [policy.mode for policy in watched.used] == [Mode.OBSERVE]


def test_an_invalid_file_keeps_the_old_policy_and_tells_each_fault_once(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    digest = watched.reload.policy.digest
    watched.path.write_text(FAULTY)
    with caplog.at_level(logging.INFO, "decider.policy"):
        watched.look(4)
        asyncio.run(watched.reload.reload())
    assert watched.used == []
    assert watched.reload.policy.digest == digest
    assert len(watched.reload.faults) == 2
    assert watched.reload.fault.endswith("(and 1 more)")
    told = [record.getMessage() for record in caplog.records]
    assert [message.split()[0] for message in told] == ["policy_fault", "policy_fault"]
    assert any(f"{watched.path}:1: mode" in message for message in told)


def test_a_mended_file_ends_the_fault_and_is_taken_over(watched: Watched) -> None:
    watched.path.write_text(FAULTY)
    watched.look()
    watched.path.write_text("mode = 'observe'")
    watched.look()
    assert watched.reload.fault == ""
    assert [policy.mode for policy in watched.used] == [Mode.OBSERVE]


def test_a_file_put_back_as_it_was_ends_the_fault_without_a_change(watched: Watched) -> None:
    watched.path.write_text(FAULTY)
    watched.look()
    watched.path.write_text("mode = 'enforce'")
    watched.look()
    assert (watched.reload.fault, watched.used) == ("", [])


def test_a_file_that_vanishes_is_a_fault_until_it_is_back(watched: Watched) -> None:
    watched.look()
    watched.path.unlink()
    watched.look()
    assert "cannot be read" in watched.reload.fault
    assert watched.used == []
    watched.path.write_text("mode = 'observe'")
    watched.look()
    assert watched.reload.fault == ""
    assert len(watched.used) == 1


def test_a_worker_born_while_the_file_is_faulty_goes_on_with_the_last_good_one(watched: Watched) -> None:
    watched.path.write_text("mode = 'observe'")
    watched.look()
    watched.path.write_text(FAULTY)
    policy, faults = load_or_recall(PolicySource(watched.path), watched.memory)
    assert policy == watched.used[-1]
    assert len(faults) == 2
    born = PolicyReload(PolicySource(watched.path), policy, watched.used.append, watched.memory, faults)
    assert born.fault


def test_a_first_start_with_a_faulty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(FAULTY)
    with pytest.raises(PolicyError):
        load_or_recall(PolicySource(path), PolicyMemory.inherited(create_policy_memory()))


def test_memory_that_is_absent_or_torn_recalls_nothing() -> None:
    PolicyMemory().remember(b"mode = 'observe'")
    assert PolicyMemory().recall() is None
    environment = create_policy_memory()
    memory = PolicyMemory.inherited(environment)
    assert memory.recall() is None
    memory.remember(b"mode = 'observe'")
    assert memory.recall() == b"mode = 'observe'"
    os.pwrite(int(environment["DECIDER_POLICY_MEMORY"]), b"X", 40)
    assert memory.recall() is None
    memory.remember(b"a")
    assert memory.recall() == b"a"
