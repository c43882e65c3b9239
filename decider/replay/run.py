"""One replay from files to decisions: reads, sorts, decides, writes, sums up. No Redis, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from decider.core.errors import FaultyInput
from decider.core.policy import Mode, Policy
from decider.core.signals import SIGNALS
from decider.engine import Engine
from decider.knowledge import load_knowledge
from decider.policy_source import PolicySource
from decider.replay.comparison import Comparison
from decider.replay.decisions_csv import write_decisions
from decider.replay.log_files import Progress, Reading, read_logs
from decider.replay.logged_request import LoggedRequest
from decider.replay.own_hosts import own_hosts
from decider.replay.packed_requests import PackedRequests
from decider.replay.replayer import Decision, Replayer
from decider.replay.summary import Summary

PROGRESS_LINES = 5_000


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What the command line says. ``running`` is the policy to compare ``policy`` with, if at all."""

    logs: tuple[Path, ...]
    out: Path | None = None
    policy: Path | None = None
    log_format: str = "auto"
    without: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    keep_exempt: bool = False
    running: PolicySource | None = None


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """``seconds`` it took to read and to decide."""

    reading: Reading
    summary: Summary
    hosts: tuple[str, ...]
    exempt_requests: int
    seconds_reading: float
    seconds_deciding: float
    comparison: Comparison | None = None


def replay(options: ReplayOptions, progress: Progress) -> ReplayResult:
    """Run it. Raises FaultyInput for files, policy or signals that are not there."""
    running = options.running
    profile = None if running is None else running.profile
    policy = replay_policy(PolicySource(options.policy, profile=profile), options.without)
    before = None if running is None else replay_policy(running, options.without)
    started = perf_counter()
    reading = read_logs(options.logs, options.log_format, progress)
    hosts = options.hosts or own_hosts(reading.requests)
    read = perf_counter()
    comparison = None
    if before is not None:
        comparison = Comparison(_name(running, before), _name(PolicySource(options.policy), policy))
        replayer = _replayer(before, hosts, options)
        comparison.watch_running(replayer.run(_counted(reading.requests, progress, "running")))
    replayer = _replayer(policy, hosts, options)
    summary = Summary()
    decisions: Iterable[Decision] = replayer.run(_counted(reading.requests, progress, "deciding"))
    if comparison is not None:
        decisions = comparison.watch_candidate(decisions, summary)
    try:
        with options.out.open("w", newline="", encoding="utf-8") if options.out else nullcontext() as file:
            for _ in summary.watch(decisions if file is None else write_decisions(decisions, file)):
                pass
    except OSError as error:
        raise FaultyInput(
            [f"{options.out}: cannot be written ({error.strerror}): name a file in a folder you may write to"]
        ) from error
    return ReplayResult(
        reading, summary, hosts, replayer.exempt_requests, read - started, perf_counter() - read, comparison
    )


def _replayer(policy: Policy, hosts: tuple[str, ...], options: ReplayOptions) -> Replayer:
    """Exempt networks are judged like all others unless ``keep_exempt``: in a log, a private address is a
    client of a site that serves a private network."""
    exempt = policy.ban.exempt
    if not options.keep_exempt:
        policy = replace(policy, ban=replace(policy.ban, exempt=()))
    return Replayer(Engine(policy, load_knowledge()), hosts, exempt)


def replay_policy(source: PolicySource, without: Sequence[str]) -> Policy:
    """The policy that blocking would have: in mode enforce, some signals switched off."""
    unknown = sorted(set(without) - {signal.name for signal in SIGNALS})
    if unknown:
        known = ", ".join(signal.name for signal in SIGNALS)
        raise FaultyInput([f"--without {name}: no such signal; known are {known}" for name in unknown])
    policy = replace(source, mode=Mode.ENFORCE).load()
    signals = {
        name: replace(signal, weight=0.0) if name in without else signal
        for name, signal in policy.signals.items()
    }
    return replace(policy, signals=signals)


def _name(source: PolicySource | None, policy: Policy) -> str:
    path = source.path if source is not None else None
    profile = f", profile {policy.profile}" if policy.profile else ""
    return f"{path or 'shipped policy.toml'} (digest {policy.digest}{profile})"


def _counted(requests: PackedRequests, progress: Progress, stage: str) -> Iterable[LoggedRequest]:
    for number, request in enumerate(requests):
        if number % PROGRESS_LINES == 0:
            progress(stage, number, len(requests))
        yield request
    progress(stage, len(requests), len(requests))
