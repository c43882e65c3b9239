"""What is read from wrk, from the fixed-rate client, from /proc and from nginx."""

from pathlib import Path

import pytest

from load.bench.clients import DENIED_10K, MANY, ONE, Clients
from load.bench.fixed_rate import Answer, Load, percentile, summed_up
from load.bench.lua_peer import lua_modules
from load.bench.processor_time import family, processor_seconds
from load.bench.wrk import Throughput, parse_wrk

WRK = """\
Running 2s test @ http://127.0.0.1:9/
  1 threads and 64 connections
  20000 requests in 2.00s, 3.1MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 12
Requests/sec:   9998.71
Transfer/sec:      1.55MB
"""


def test_the_report_of_wrk_is_read_with_its_failures() -> None:
    assert parse_wrk(WRK) == Throughput(rps=9998.71, requests=20_000, errors=12, broken=3)


def test_a_report_without_failures_has_none() -> None:
    clean = "\n".join(line for line in WRK.splitlines() if "errors" not in line and "Non-2xx" not in line)
    assert parse_wrk(clean) == Throughput(rps=9998.71, requests=20_000, errors=0, broken=0)


def test_a_report_without_throughput_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="unable to connect"):
        parse_wrk("unable to connect to 127.0.0.1:9 Connection refused")


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentiles_are_nearest_ranks(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_no_answers_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no answer"):
        percentile([], 0.5)


def test_answers_on_time_reach_the_rate() -> None:
    answers = [Answer(at=10 + number / 100 + 0.002, late=0.002, status=b"200") for number in range(100)]
    latency = summed_up(answers, Load(80, 100, 1, MANY), 10.0, b"200")
    assert (round(latency.p50_ms, 6), latency.errors) == (2.0, 0)
    assert latency.rate == pytest.approx(100, abs=0.5)


def test_a_server_that_falls_behind_does_not_reach_the_rate() -> None:
    answers = [Answer(at=10 + number / 50, late=number / 100, status=b"200") for number in range(100)]
    assert summed_up(answers, Load(80, 100, 1, MANY), 10.0, b"200").rate == pytest.approx(50, abs=0.5)


def test_answers_of_another_status_do_not_count_for_the_rate() -> None:
    statuses = [b"403", b"200", b"403", b"504"] * 25
    answers = [Answer(10 + number / 100, 0.0, status) for number, status in enumerate(statuses)]
    latency = summed_up(answers, Load(80, 100, 1, MANY), 10.0, b"403")
    assert (latency.errors, round(latency.rate)) == (50, 50)


@pytest.mark.parametrize("clients", [ONE, MANY, DENIED_10K])
def test_every_client_has_an_address_of_its_own_in_its_blocks(clients: Clients) -> None:
    addresses = {clients.address(number) for number in range(clients.count)}
    assert len(addresses) == clients.count
    assert {int(address.split(".")[0]) for address in addresses} <= set(
        range(clients.first, clients.first + 16)
    )


def test_hardly_two_clients_share_a_network() -> None:
    networks = {MANY.address(number).rpartition(".")[0] for number in range(MANY.count)}
    assert len(networks) > 0.8 * MANY.count


def process(proc: Path, process_id: int, user: int, system: int, children: str = "") -> None:
    task = proc / str(process_id) / "task" / str(process_id)
    task.mkdir(parents=True)
    (task / "children").write_text(children)
    line = f"{process_id} (nginx: (a) b) R 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0"
    (proc / str(process_id) / "stat").write_text(line)


def test_processor_time_is_that_of_a_process_and_all_below_it(tmp_path: Path) -> None:
    process(tmp_path, 10, 100, 50, "11 12")
    process(tmp_path, 11, 10, 5, "13")
    process(tmp_path, 12, 1, 0)
    process(tmp_path, 13, 30, 4)
    process(tmp_path, 99, 1000, 1000)
    assert list(family(10, tmp_path)) == [10, 11, 13, 12]
    assert processor_seconds(10, tmp_path) == pytest.approx(2.0)


def test_a_process_that_has_ended_has_no_processor_time(tmp_path: Path) -> None:
    process(tmp_path, 10, 100, 50, "11")
    assert processor_seconds(10, tmp_path) == pytest.approx(1.5)


def nginx_that_says(folder: Path, text: str) -> str:
    program = folder / "nginx"
    program.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    program.chmod(0o755)
    return str(program)


def test_an_nginx_with_lua_built_in_needs_no_module(tmp_path: Path) -> None:
    assert lua_modules(nginx_that_says(tmp_path, "configure: --add-module=../ngx_lua-0.10.26")) == []


def test_an_nginx_without_the_lua_module_has_no_peer(tmp_path: Path) -> None:
    said = f"configure: --modules-path={tmp_path} --with-threads"
    (tmp_path / "ndk_http_module.so").touch()
    assert lua_modules(nginx_that_says(tmp_path, said)) is None
    (tmp_path / "ngx_http_lua_module.so").touch()
    assert lua_modules(nginx_that_says(tmp_path, said)) == [
        tmp_path / "ndk_http_module.so",
        tmp_path / "ngx_http_lua_module.so",
    ]
