"""What bots do on sites that they have not been seen on: a function a habit, which writes it into a log.

Each returns the bot's address.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.replay.site_log import CHROME, MINUTE, NOON, SiteLog

ME = "203.0.113.77"
_WORDS = """
    admin login test backup old new dev panel data db files
    upload private secret hidden user manage portal shop blog wiki docs
    core module plugins themes main status server mail service rpc
"""
WORDS = tuple(_WORDS.split())


def repeat(log: SiteLog, times: int, every: float, target: Callable[[int], str], **facts: object) -> str:
    """The same again and again, on a site with everyday visitors."""
    log.audience()
    for number in range(times):
        log.ask(NOON + every * number, ME, target(number), **facts)  # type: ignore[arg-type]  # passed on
    return ME


def wordpress_passwords_tried_once_a_minute(log: SiteLog) -> str:
    return repeat(log, 200, MINUTE, lambda _: "/wp-login.php", method="POST")


def passwords_tried_under_a_referer_of_the_site(log: SiteLog) -> str:
    return repeat(log, 300, 20, lambda _: "/login", status=401, method="POST", referer="/login")


def passwords_tried_on_a_site_without_referers(log: SiteLog) -> str:
    log.refers = False
    return repeat(log, 100, 20, lambda _: "/login", status=401, method="POST")


def xmlrpc_flood(log: SiteLog) -> str:
    return repeat(log, 500, 1, lambda _: "/xmlrpc.php", method="POST")


def directories_guessed_from_a_list(log: SiteLog) -> str:
    return repeat(log, 300, 1, lambda number: f"/{WORDS[number % 32]}/{WORDS[number % 31]}", status=404)


def directories_guessed_every_two_minutes(log: SiteLog) -> str:
    return repeat(log, 200, 120, lambda number: f"/{WORDS[number % 32]}/{WORDS[number % 31]}", status=404)


def accounts_enumerated_by_their_numbers(log: SiteLog) -> str:
    return repeat(log, 500, 0.5, lambda number: f"/api/users/{number}", status=404)


def shells_looked_for_under_names_of_today(log: SiteLog) -> str:
    return repeat(log, 40, 1, lambda number: f"/{WORDS[number % 32]}{number}.php", status=404)


def pages_scraped_as_a_browser(log: SiteLog) -> str:
    return repeat(log, 500, 30, lambda number: f"/article/{number}")


def pages_scraped_without_a_name(log: SiteLog) -> str:
    return repeat(log, 500, 30, lambda number: f"/article/{number}", agent="")


def pages_scraped_under_many_names(log: SiteLog) -> str:
    log.audience()
    for number in range(300):
        agent = CHROME.replace("141", str(100 + number % 40))
        log.ask(NOON + 5 * number, ME, f"/article/{number}", agent=agent)
    return ME


def forms_filled_without_reading(log: SiteLog) -> str:
    return repeat(log, 150, MINUTE, lambda _: "/contact", status=302, method="POST")


def coupons_guessed(log: SiteLog) -> str:
    return repeat(log, 300, 2, lambda _: "/cart/coupon", status=422, method="POST")


def crawler_that_is_not_google(log: SiteLog) -> str:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    return repeat(log, 5, 60, lambda number: f"/article/{number}", agent=agent)


def cloud_secrets_asked_for(log: SiteLog) -> str:
    return repeat(log, 5, 60, lambda _: "/?url=http://169.254.169.254/latest/meta-data/")


def templates_injected(log: SiteLog) -> str:
    return repeat(
        log, 5, 60, lambda number: ("/?x=${7*7}", "/?x={{7*7}}", "/?t=%3C%25=7*7%25%3E")[number % 3]
    )


def proxy_looked_for(log: SiteLog) -> str:
    return repeat(log, 5, 60, lambda _: "http://azenv.net/")


HABITS = tuple(
    habit
    for name, habit in list(globals().items())
    if callable(habit) and getattr(habit, "__module__", "") == __name__ and name != "repeat"
)
