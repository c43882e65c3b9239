"""What a browser sends is checked before anything is done; what is done is said."""

from typing import Any

import pytest

from dash_app.action_dialog import chosen_clients, perform
from dash_app.list_editor import ADD, REMOVE, change
from dash_app.operator_desk import DeskError, OperatorDesk, client_name, open_desk
from dash_app.settings import SettingsFault

ROWS = [{"client": "203.0.113.7"}]
NOBODY = {"REDIS_URL": "redis://127.0.0.1:1/0"}  # nothing listens: whatever comes so far raises DeskError


@pytest.fixture
def desk() -> OperatorDesk:
    return open_desk(NOBODY)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (("unban", "1h", "", ROWS), "reason"),
        (("unban", "1h", "   ", ROWS), "reason"),
        (("unban", "1h", None, ROWS), "reason"),
        (("unban", "1h", {"$ne": ""}, ROWS), "reason"),
        (("unban", "1h", "why", []), "Choose 1 to"),
        (("unban", "1h", "why", "203.0.113.7"), "Choose 1 to"),
        (
            ("unban", "1h", "why", [{"client": f"10.0.{n >> 8}.{n & 255}"} for n in range(1_001)]),
            "Choose 1 to",
        ),
        (("unban", "1h", "why", [{"client": "<script>"}]), "no address"),
        (("extend", "forever", "why", ROWS), "how long"),
        (("extend", None, "why", ROWS), "how long"),
        (("allow", "9y", "why", ROWS), "how long"),
        (("allow", "1h", "why", [{"client": "0.0.0.0/0/0"}]), "write an address"),
        (("drop", "1h", "why", ROWS), "Choose unban"),
        ((None, None, "why", None), "Choose unban"),
        (("unban", "1h", "why", ROWS), "Redis does not answer"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(
    desk: OperatorDesk, asked: tuple[Any, ...], fault: str
) -> None:
    with pytest.raises(DeskError, match=fault):
        perform(desk, "operator", asked)


@pytest.mark.parametrize(
    ("button", "asked", "fault"),
    [
        (ADD, ("allow", "203.0.113.0/24", "1h", "", None), "reason"),
        (ADD, ("allow", "203.0.113.1/24", "1h", "why", None), "host bits"),
        (ADD, ("allow", None, "1h", "why", None), "write an address"),
        (ADD, ("grey", "203.0.113.0/24", "1h", "why", None), "no list"),
        (ADD, ("allow", "203.0.113.0/24", "soon", "why", None), "how long"),
        (REMOVE, ("allow", "", "1h", "why", None), "Select the entry"),
        (REMOVE, ("allow", "", "1h", "why", ["x"]), "Select the entry"),
        (REMOVE, ("allow", "", "1h", "why", [{"list": "allow", "network": "x" * 9_000}]), "write an address"),
    ],
)
def test_a_list_takes_only_networks(
    desk: OperatorDesk, button: str, asked: tuple[Any, ...], fault: str
) -> None:
    with pytest.raises(DeskError, match=fault):
        change(desk, "operator", button, asked)


def test_clients_of_forged_rows_are_texts_without_repeats() -> None:
    assert chosen_clients(
        [{"client": "a"}, {"client": "a"}, {"client": 7}, 3, {}, {"client": "b" * 999}]
    ) == [
        "a",
        "b" * 64,
    ]


def test_an_ipv6_client_is_known_by_its_64() -> None:
    assert client_name("2001:db8:1:2::9") == client_name("2001:db8:1:2::/64") == "2001:db8:1:2::/64"
    with pytest.raises(DeskError):
        client_name("../../etc/passwd")


def test_a_wrong_redis_url_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsFault, match="REDIS_URL"):
        open_desk({"REDIS_URL": "http://example"})
