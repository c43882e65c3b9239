"""The lease on the deny cache: given for what is known, gone when that changes, back when all has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from decider.core.deny_cache import LEASE_REST_SECONDS
from decider.deny_lease import DenyLease

KNOWN, NEWER = "4 digest enforce", "5 digest enforce"


class Machine:
    """Workers that share one file and one clock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "deny.lease"
        self.now = 100.0

    def worker(self) -> DenyLease:
        return DenyLease(self.path, lambda: self.now)

    def held_by(self, *workers: DenyLease) -> None:
        """Pass the time until all of them hold it."""
        self.now += LEASE_REST_SECONDS
        for _ in range(2):  # one gives it, all see it
            for worker in workers:
                worker.renew(KNOWN)
        assert all(worker.is_held for worker in workers) and self.path.exists()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_worker_that_starts_waits_for_what_others_may_have_kept(machine: Machine) -> None:
    worker = machine.worker()
    machine.now += LEASE_REST_SECONDS - 0.1
    worker.renew(KNOWN)
    assert not machine.path.exists()
    machine.now += 0.1
    worker.renew(KNOWN)
    worker.renew(KNOWN)
    assert worker.is_held


def test_it_is_gone_as_soon_as_something_newer_is_known(machine: Machine) -> None:
    worker, other = machine.worker(), machine.worker()
    machine.held_by(worker, other)
    worker.renew(NEWER)
    assert not worker.is_held and not machine.path.exists()
    other.renew(KNOWN)
    assert not other.is_held


def test_it_comes_back_only_when_everything_kept_under_it_has_ended(machine: Machine) -> None:
    worker, other = machine.worker(), machine.worker()
    machine.held_by(worker, other)
    worker.renew(NEWER)
    other.renew(NEWER)
    gone_since = machine.now
    while not machine.path.exists():
        assert machine.now - gone_since <= LEASE_REST_SECONDS
        machine.now += 1.0
        for one in (worker, other):
            one.renew(NEWER)
    assert machine.now - gone_since >= LEASE_REST_SECONDS
    assert machine.path.read_text() == NEWER


def test_a_worker_that_cannot_ask_any_more_drops_it_for_all(machine: Machine) -> None:
    worker, other = machine.worker(), machine.worker()
    machine.held_by(worker, other)
    worker.drop()
    assert not machine.path.exists()
    other.renew(KNOWN)
    machine.now += LEASE_REST_SECONDS - 1
    for one in (worker, other):
        one.renew(KNOWN)
        assert not one.is_held
    assert not machine.path.exists()


def test_a_worker_that_knows_less_does_not_hold_what_another_one_gave(machine: Machine) -> None:
    ahead, behind = machine.worker(), machine.worker()
    machine.now += LEASE_REST_SECONDS
    ahead.renew(NEWER)
    ahead.renew(NEWER)
    assert ahead.is_held
    behind.renew(KNOWN)
    assert not behind.is_held and not machine.path.exists()


def test_without_a_path_there_is_never_a_lease() -> None:
    worker = DenyLease(None, lambda: 1e9)
    worker.renew(KNOWN)
    worker.drop()
    assert not worker.is_held


def test_a_folder_that_is_not_there_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(tmp_path / "missing")
    worker = machine.worker()
    machine.now += LEASE_REST_SECONDS
    for _ in range(3):
        worker.renew(KNOWN)
    assert not worker.is_held
    assert [record.message.split()[0] for record in caplog.records] == ["deny_lease_failed"]
