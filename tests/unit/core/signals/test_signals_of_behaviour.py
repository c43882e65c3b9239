"""What shows over time: sleepless, everywhere, never led by a page, groping, refused, writing, rotating."""

import pytest

from tests.unit.core.story import SITE, Story

BARE = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"}


WORDS = ("about", "team", "jobs", "press", "music", "books", "garden", "kitchen")


def test_a_person_who_browses_shows_nothing_at_all() -> None:
    assert Story().browse(pages=12) == {}


def test_a_poller_that_never_sleeps_is_seen_and_a_feed_reader_that_says_so_counts_less() -> None:
    def after_a_day(agent: str) -> float:
        story = Story()
        for _ in range(24):
            told = story.ask("/", user_agent=agent)
            story.now += 3_600
        return told.get("round_the_clock", 0.0)

    assert after_a_day(BARE["user_agent"]) == 0.72
    assert after_a_day("FeedReader/3.1 (+https://reader.example)") == 0.29


def test_pages_without_anything_that_led_to_them_add_up_but_never_block_alone() -> None:
    story = Story()
    for number in range(60):
        told = story.ask(f"/item/{number}")
        story.now += 20
    assert told["unguided_pages"] == 0.6
    assert story.verdict is not None and story.verdict.answer == "allow"


def test_ids_dates_and_hashes_are_one_route() -> None:
    same, different = Story(), Story()
    for number in range(60):
        one = same.ask(f"/item/{1000 + number}/2026-10-{1 + number % 28:02}")
        other = different.ask(f"/{WORDS[number % 8]}/{WORDS[number // 8]}")
        same.now = different.now = same.now + 30
    assert "route_spread" not in one
    assert other["route_spread"] > 0.3


def test_many_different_pages_that_do_not_exist_are_groping_and_one_dead_link_is_not() -> None:
    groping, dead_link = Story(), Story()
    for number in range(12):
        told = groping.ask(f"/{'abcdefghijkl'[number]}-page", status=404)
        stale = dead_link.ask("/old-page", status=404)
        groping.now = dead_link.now = groping.now + 5
    assert told["missing_pages"] > 0.8
    assert stale.get("missing_pages", 0.0) == 0.0


def test_a_broken_theme_is_not_its_visitors_fault() -> None:
    story = Story()
    for number in range(20):
        told = story.ask(f"/static/missing{number}.png", status=404, referer=f"{SITE}/")
    assert told == {}


def test_being_turned_away_all_the_time_adds_up() -> None:
    story = Story()
    for _ in range(25):
        told = story.ask("/members", status=403)
        story.now += 40
    assert told["refusals"] == 0.6


@pytest.mark.parametrize(("reads", "writes_seen"), [(False, True), (True, False)])
def test_writes_without_reading_are_pressure(reads: bool, writes_seen: bool) -> None:
    story = Story()
    told: dict[str, float] = {}
    for _ in range(20):
        if reads:
            story.browse(pages=1)
        told |= story.ask("/comments", method="POST", referer=f"{SITE}/article-0" if reads else "")
        story.now += 20
    assert ("write_pressure" in told) is writes_seen


def test_a_page_that_reports_every_movement_of_the_mouse_is_no_spammer() -> None:
    story = Story()
    story.browse(pages=2)
    for _ in range(60):
        told = story.ask("/log-mouse", method="POST", referer=f"{SITE}/article-0")
        story.now += 1
    assert "write_pressure" not in told


def test_what_a_script_of_a_page_sends_is_no_form() -> None:
    story = Story()
    for _ in range(60):
        told = story.ask("/beacon", method="POST", referer=f"{SITE}/a", fetch_destination="empty")
        story.now += 1
    assert "write_pressure" not in told


def test_many_user_agents_without_browsing_are_rotation_and_an_office_is_not() -> None:
    bot, office = Story(), Story()
    agents = [
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{100 + n}.0) Gecko/20100101 Firefox/{100 + n}.0"
        for n in range(20)
    ]
    for agent in agents:
        told = bot.ask("/", user_agent=agent)
        seen = office.browse(pages=2, user_agent=agent, session=agent)
        bot.now += 10
    assert told["agent_rotation"] > 0.5
    assert "agent_rotation" not in seen


def test_several_people_behind_one_address_are_measured_by_one_of_them_and_a_rotating_bot_is_not() -> None:
    office, bot = Story(), Story()
    for person in range(8):
        office.browse(pages=3, session=f"session-{person}")
        office.now -= 60  # all in the same minutes
        for _ in range(3):
            bot.ask("/", session=f"session-{person}-{bot.now}")
            bot.now += 1
    for number in range(80):
        crowd = office.ask("/article-1", referer=f"{SITE}/", session=f"session-{number % 8}")
        alone = bot.ask("/article-1", session="session-x")
    assert alone.get("burst", 0.0) > 0.9
    assert crowd.get("burst", 0.0) < 0.5


def test_lone_writes_of_a_whole_subnet_weigh_on_those_who_add_to_them() -> None:
    story = Story()
    for number in range(80):
        told = story.ask("/comments", method="POST", address=f"203.0.113.{number}")
        story.now += 20
    assert told["subnet_pressure"] > 0.5
    assert "subnet_pressure" not in story.ask("/", address="198.51.100.1")
