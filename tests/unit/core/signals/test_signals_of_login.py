"""Logins tried: by one address fast or slow, by many that share a hand, and by people."""

import pytest

from tests.unit.core.story import SITE, Story


@pytest.mark.parametrize(
    ("attempts", "every_seconds"),
    [(12, 5), (16, 200), (22, 3_500)],
    ids=["fast", "a handful in ten minutes", "low and slow"],
)
def test_login_attempts_without_browsing_are_seen_at_any_pace(attempts: int, every_seconds: float) -> None:
    story = Story()
    for _ in range(attempts):
        told = story.ask("/login", method="POST", status=401)
        story.now += every_seconds
    assert told["login_pressure"] > 0.8


def test_a_person_who_forgot_a_password_is_not_pressure() -> None:
    story = Story()
    told: dict[str, float] = {}
    for _ in range(6):
        story.ask("/login", referer=f"{SITE}/")
        for part in ("a.css", "b.js", "c.png"):
            story.ask(f"/static/{part}", referer=f"{SITE}/login")
        told |= story.ask("/login", method="POST", status=401, referer=f"{SITE}/login")
        story.now += 25
    assert "login_pressure" not in told


def test_lone_attempts_of_one_fingerprint_from_many_addresses_are_one_hand() -> None:
    story = Story()
    for number in range(120):
        told = story.ask(
            "/login", method="POST", status=401, address=f"198.{number}.100.7", user_agent="okhttp/4.9"
        )
        story.now += 4
    assert told["shared_login_pressure"] > 0.5


def test_a_launch_that_many_people_log_in_to_is_not_one_hand() -> None:
    story = Story()
    for number in range(120):
        address = f"198.{number}.100.7"
        story.browse(pages=1, address=address)
        story.now -= 29
        told = story.ask("/login", method="POST", status=302, address=address, referer=f"{SITE}/login")
    assert "shared_login_pressure" not in told
