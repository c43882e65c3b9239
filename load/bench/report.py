"""The results as Markdown, ready for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from load.bench.results import PERCENTILES, Added, Results
from load.bench.scenarios import KINDS, SCENARIOS
from load.bench.targets import Target

QUICK = "**Quick run**: one short round, to see where it stands. Figures to quote come from `make bench`."
NOTHING = "–"


def report(results: Results, judged: Sequence[Target]) -> str:
    """All tables, one below the other."""
    parts = [_head(results), _throughput(results), _latency(results), _cost(results), _targets(judged)]
    return "\n\n".join("\n".join(part) for part in parts)


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest round; nothing for a single one."""
    if len(values) == 1:
        return NOTHING
    return f"{min(values):,.0f} to {max(values):,.0f}"


def _head(results: Results) -> Iterator[str]:
    if results.quick:
        yield QUICK
        yield ""
    command = "make bench-quick" if results.quick else "make bench"
    rounds = "1 round" if results.rounds == 1 else f"medians of {results.rounds} alternating rounds"
    yield (
        f"Measured with `{command}`, {rounds}; "
        + ", ".join(f"{name} {value}" for name, value in results.machine.items())
        + "."
    )
    if results.repeated:
        yield f"{results.repeated} runs were repeated: requests passed undecided, or connections broke."


def _throughput(results: Results) -> Iterator[str]:
    yield "| requests/s | median | min to max | what |"
    yield "|---|---:|---|---|"
    for scenario in SCENARIOS:
        value = results.median_rps(scenario.key)
        if value is None:
            shown, note = NOTHING, results.missing.get(scenario.key, "not measured")
        else:
            shown, note = f"{value:,.0f}", spread(results.rps[scenario.key])
        yield f"| `{scenario.key}` | {shown} | {note} | {scenario.meaning} |"


def _latency(results: Results) -> Iterator[str]:
    yield "Milliseconds more than without a guard at the same rate; requests due at even intervals:"
    yield ""
    yield "| answer | requests/s | p50 | p99 | p99.9 | what |"
    yield "|---|---:|---:|---:|---:|---|"
    bare: dict[int, Added] = {}
    for kind in KINDS:
        for rate in results.rates:
            added = results.added(kind.key, rate)
            if added is None:
                continue
            bare[rate] = added
            asked = f"{rate:,}" if added.reached else f"{rate:,} not reached: {added.rate:,.0f}"
            cells = " | ".join(_added_cell(added, name) for name in PERCENTILES)
            yield f"| `{kind.key}` | {asked} | {cells} | {kind.meaning} |"
    for rate, added in sorted(bare.items()):
        cells = " | ".join(
            f"{added.bare_ms[name]:.2f}" if added.rounds[name] else NOTHING for name in PERCENTILES
        )
        yield f"| no guard, in all | {rate:,} | {cells} | what the rows above come on top of |"


def _added_cell(added: Added, percentile: str) -> str:
    values = added.rounds[percentile]
    if not values:
        return NOTHING
    middle = f"{median(values):+.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):+.2f} to {max(values):+.2f})"


def _cost(results: Results) -> Iterator[str]:
    yield "| cost | value | what |"
    yield "|---|---:|---|"
    for name, values in results.processor_ms.items():
        yield f"| CPU of {name} | {median(values):,.1f} ms | for 1,000 decisions at full load |"
    if results.engine:
        decision = median(one.decision_us for one in results.engine)
        lines = median(one.replay_lines_per_second for one in results.engine)
        quiet = median(one.quiet_us for one in results.engine)
        built = "compiled" if results.engine[0].is_compiled else "not compiled"
        yield f"| CPU of the engine | {decision:.1f} us | a decision, all signals on, beyond Redis; {built} |"
        yield f"| CPU of the engine, quiet | {quiet:.1f} us | the same, of who has asked for two pages |"
        yield f"| replay | {lines:,.0f} lines/s | `python -m decider replay`, one core; {built} |"
    if memory := results.memory:
        after, before = f"after {memory.clients:,} clients", f"{memory.worker_mb_before:,.0f} MB before"
        yield f"| a client record | {memory.record_bytes:,.0f} bytes | MEMORY USAGE, key included, mean |"
        yield f"| Redis, each client | {memory.redis_bytes:,.0f} bytes | all that it grew by, {after} |"
        yield f"| a worker | {memory.worker_mb:,.0f} MB | resident {after}; {before} |"


def _targets(judged: Sequence[Target]) -> Iterator[str]:
    yield "| promised | bound | here | |"
    yield "|---|---:|---:|---|"
    words = {True: "met", False: "NOT MET", None: "not measured"}
    for target in judged:
        here = NOTHING if target.value is None else f"{target.value:.2f}"
        sign = "≥" if target.at_least else "≤"
        yield f"| {target.name} | {sign} {target.bound:g} | {here} | {words[target.met]} |"
