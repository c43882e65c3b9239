"""The narrowest ban that explains the abuse: one session or key of a shared address, before the address."""

from collections import Counter
from itertools import count
from typing import Any

import pytest

from decider.core.verdict import Answer, Cause, Verdict
from tests.unit.core.story import Story

OFFICE = "203.0.113.7"
PEOPLE = [f"person-{number}" for number in range(6)]
_numbers = count()


def office() -> Story:
    """Six people behind one address have each read a page."""
    story = Story(starts_bans=True)
    for person in PEOPLE:
        story.browse(2, session=person)
        story.now -= 55
    return story


def attack(story: Story, session: str = "", times: int = 40, **facts: Any) -> list[Verdict]:
    """A sneaker bot: checkout, fifty times a second."""
    verdicts = []
    for _ in range(times):
        one = {"method": "POST", "accept": "*/*", "request_id": f"bot-{next(_numbers)}", "session": session}
        story.ask("/checkout", **one | facts)
        assert story.verdict is not None
        verdicts.append(story.verdict)
        story.now += 0.02
    return verdicts


def colleague(story: Story, person: str = PEOPLE[0]) -> Verdict:
    story.browse(1, session=person)
    assert story.verdict is not None
    return story.verdict


def banned(verdicts: list[Verdict]) -> list[str]:
    """What the bans were of."""
    bans = [one for one in verdicts if one.new_ban is not None]
    return ["address" if one.banned_visitor is None else one.banned_visitor.scope for one in bans]


def refused(verdicts: list[Verdict]) -> int:
    """After how many requests it was refused for the first time."""
    return next(place for place, one in enumerate(verdicts) if one.answer is Answer.BLOCK)


def test_a_bots_session_is_banned_alone_and_the_office_goes_on() -> None:
    story = office()
    verdicts = attack(story, "bot")
    assert refused(verdicts) < 20
    assert {one.cause for one in verdicts[refused(verdicts) + 1 :]} == {Cause.VISITOR_BAN}
    assert banned(verdicts) == ["session"]
    assert {colleague(story, person).answer for person in PEOPLE} == {Answer.ALLOW}


def test_colleagues_pass_while_the_bot_is_found_out_and_while_it_goes_on() -> None:
    story, answers = office(), Counter[Answer]()
    for _ in range(30):
        attack(story, "bot", times=10)
        story.ask("/article-1", session=PEOPLE[1], referer="https://shop.example/article-0")
        assert story.verdict is not None
        answers[story.verdict.answer] += 1
    assert answers == {Answer.ALLOW: 30}


def test_who_owns_its_address_alone_loses_it_at_once_whatever_session_it_names() -> None:
    verdicts = attack(Story(starts_bans=True), "bot")
    assert banned(verdicts) == ["address"]
    assert {one.cause for one in verdicts[refused(verdicts) + 1 :]} <= {Cause.BAN, Cause.SCORE}


def test_abuse_without_a_session_is_the_addresss_own() -> None:
    story = office()
    attack(story, "bot")
    verdicts = attack(story)
    assert refused(verdicts) < 20
    assert banned(verdicts) == ["address"]


def test_a_bot_that_takes_new_sessions_loses_the_address_after_three() -> None:
    story, passed = office(), 0
    for number in range(8):
        verdicts = attack(story, f"bot-{number}", times=20)
        passed += sum(one.answer is Answer.ALLOW for one in verdicts)
        if "address" in banned(verdicts):
            break
    assert number == 3
    assert passed < 4 * 20


def test_a_bot_that_takes_a_new_session_for_each_request_earns_nothing() -> None:
    story = office()
    verdicts = [attack(story, f"bot-{number}", times=1)[0] for number in range(60)]
    assert refused(verdicts) < 25
    assert banned(verdicts) == ["address"]


def test_an_api_key_is_banned_alone_where_the_site_answers_several() -> None:
    story = Story(starts_bans=True)
    for number in range(40):
        key = f"partner-{number % 3}"
        story.ask("/api/orders/list", api_key=key, accept="application/json", user_agent="partner/1.0")
        story.now += 5
    verdicts = attack(story, api_key="partner-9")
    assert banned(verdicts) == ["key"]


def test_an_address_that_forgot_ends_the_visitors_ban() -> None:
    story = office()
    attack(story, "bot")
    story.unban(OFFICE)
    assert attack(story, "bot", times=1)[0].cause is Cause.UNBAN
    story.now += 700
    assert attack(story, "bot", times=1)[0].answer is Answer.ALLOW


@pytest.mark.parametrize("visitors", [0, 1])
def test_the_policy_says_how_many_visitors_go_before_the_address(visitors: int) -> None:
    story = office()
    story.use_visitors_before_address(visitors)
    for person in PEOPLE:
        story.browse(1, session=person)
        story.now -= 28
    told = banned([one for number in range(3) for one in attack(story, f"bot-{number}", times=20)])
    assert told[: visitors + 1] == ["session"] * visitors + ["address"]
