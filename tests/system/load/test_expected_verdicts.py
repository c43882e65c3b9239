"""Every scenario gets its expected verdict from the whole product, as `make scenarios` tells it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.running_stack import PYTHON, run_stack
from tests.servers import ROOT

SECONDS = 40  # what a botnet of forty pages a second needs to stand out of a /24, and an office to order
LONGEST_SECONDS = 90
EXPECTED = {
    "sneaker-bot": "block",
    "slow-scraper": "block",
    "credential-stuffing": "block",
    "credential-stuffing-200": "block",
    "rotating-agents": "block",
    "botnet-subnet": "block",
    "false-googlebot": "block",
    "office-bot": "block",
    "bots-colleagues": "allow",
    "office-nat": "allow",
    "people-logging-in": "allow",
    "api-partner": "allow",
    "verified-crawler": "allow",
    "flash-crowd": "allow",
}
CLIENTS = {
    "credential-stuffing-200": 200,
    "botnet-subnet": 200,
    "people-logging-in": 10,
    "flash-crowd": 2_000,
}
MOST_LET_THROUGH = {
    "sneaker-bot": 19,
    "slow-scraper": 40,
    "credential-stuffing": 15,
    "credential-stuffing-200": 100,
    "rotating-agents": 40,
    "botnet-subnet": 1_200,
    "false-googlebot": 0,
    "office-bot": 19,
}


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-m", "load.scenarios", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("verdicts")
    with run_stack(folder) as stack:
        done = play(
            "--seconds", str(SECONDS), "--gateway", stack.gateway_url, "--json", str(folder / "it.json")
        )
    assert done.returncode in (0, 1), done.stderr
    outcomes = json.loads((folder / "it.json").read_text())["scenarios"]
    assert (done.returncode == 0) == all(one["kept"] for one in outcomes), done.stdout
    return {one["name"]: one for one in outcomes}


def test_every_scenario_is_played_and_told(played: dict[str, dict[str, Any]]) -> None:
    assert MOST_LET_THROUGH.keys() == {name for name, verdict in EXPECTED.items() if verdict == "block"}
    assert {name: one["expected_verdict"] for name, one in played.items()} == EXPECTED
    assert {name: one["clients"] for name, one in played.items()} == dict.fromkeys(EXPECTED, 1) | CLIENTS


@pytest.mark.parametrize("name", MOST_LET_THROUGH)
def test_a_bot_is_blocked(played: dict[str, dict[str, Any]], name: str) -> None:
    bot = played[name]
    assert bot["kept"], bot
    assert bot["blocked"] > bot["requests"] / 5
    assert bot["allowed"] - bot["undecided"] <= MOST_LET_THROUGH[name]


@pytest.mark.parametrize("name", [name for name, verdict in EXPECTED.items() if verdict == "allow"])
def test_people_and_good_programs_are_let_in(played: dict[str, dict[str, Any]], name: str) -> None:
    good = played[name]
    assert good["kept"], good
    assert good["allowed"] == good["requests"] > 100
    assert (good["blocked"], good["failed"]) == (0, 0)


@pytest.mark.parametrize(("name", "least"), [("office-nat", 10), ("bots-colleagues", 4)])
def test_every_order_of_an_office_completes(played: dict[str, dict[str, Any]], name: str, least: int) -> None:
    office = played[name]
    assert office["orders_completed"] == office["orders_tried"] > least


def test_the_crowd_comes_at_two_thousand_people_in_ten_seconds(played: dict[str, dict[str, Any]]) -> None:
    crowd = played["flash-crowd"]
    assert crowd["requests"] == 4 * crowd["clients"]  # a page and three parts of it, each
    assert crowd["per_second"] > 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--only", "sneaker-bot,nobody"), "'sneaker-bot,nobody': write some of sneaker-bot, slow-scraper"),
        (("--gateway", "http://192.0.2.1"), "load is only sent to this machine"),
        (("--gateway", "http://127.0.0.1:1"), "start it with `make run`"),
        (("--seconds", "5"), "'5': write 30 to 600"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = play(*arguments, "--json", str(tmp_path / "none.json"))
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "none.json").exists()
