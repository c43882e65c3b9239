"""Who gets in, who does not, and what an outsider is served: nothing of the dashboard."""

import http.client
import json
import re
import time
from urllib.parse import urlencode

from playwright.sync_api import Browser, expect

from tests.system.dashboard.conftest import Dashboard
from tests.system.dashboard.watched_page import PASSWORD, watched_page

SOON_MS = 10_000
FORM = "application/x-www-form-urlencoded"
CALLBACK = {
    "output": "..badge.children...badge.color..",
    "outputs": [{"id": "badge", "property": "children"}, {"id": "badge", "property": "color"}],
    "inputs": [{"id": "status-tick", "property": "n_intervals", "value": 1}],
    "changedPropIds": ["status-tick.n_intervals"],
}


class Answer:
    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status, self.headers = reply.status, reply.headers
        self.body = reply.read().decode(errors="replace")


def ask(dashboard: Dashboard, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """``headers`` by their names with _ for -; Origin is the dashboard's own unless given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(dashboard.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body or None, {"Origin": dashboard.url, **named})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def sign_in(dashboard: Dashboard, user: str = "operator", password: str = PASSWORD, **headers: str) -> Answer:
    form = urlencode({"name": user, "password": password, "next": "/?range=1h"})
    return ask(dashboard, "POST", "/login", form, **{"Content_Type": FORM, **headers})


def cookie_of(answer: Answer) -> str:
    return answer.headers["Set-Cookie"].partition(";")[0]


CLOSED = (
    *(
        "/_dash-layout",
        "/_dash-dependencies",
        "/_dash-update-component",
        "/assets/style.css",
        "/_favicon.ico",
    ),
    *("/assets/topojson/world_110m.json", "/_reload-hash", "/_dash-config", "/events.csv", "/openapi.json"),
    *(
        "/",
        "/events",
        "/client/203.0.113.7",
        "/login/",
        "/LOGIN",
        "/healthz/",
        "/%2e%2e/healthz",
        "/login%2f..",
    ),
)


def test_without_a_session_nothing_is_served(dashboard: Dashboard) -> None:
    for path in CLOSED:
        answer = ask(dashboard, "GET", path)
        assert answer.status in (303, 401), path
        assert "_dash" not in answer.body.partition("login?next=")[0], path


def test_without_a_session_no_method_is_a_way_in(dashboard: Dashboard) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FROBNICATE"):
        assert ask(dashboard, method, "/_dash-update-component").status == 401, method


def test_a_forged_callback_without_a_session_is_refused_and_with_one_from_elsewhere_too(
    dashboard: Dashboard,
) -> None:
    body, kind = json.dumps(CALLBACK), "application/json"
    cookie = cookie_of(sign_in(dashboard))
    path = "/_dash-update-component"
    assert ask(dashboard, "POST", path, body, Content_Type=kind).status == 401
    forged = cookie[:-4] + "AAAA"
    assert ask(dashboard, "POST", path, body, Content_Type=kind, Cookie=forged).status == 401
    evil = {"Origin": "https://evil.example", "Cookie": cookie}
    assert ask(dashboard, "POST", path, body, Content_Type=kind, **evil).status == 403
    answer = ask(dashboard, "POST", path, body, Content_Type=kind, Cookie=cookie)
    assert answer.status == 200
    assert "NO RECORDER" in answer.body


def test_a_sign_in_from_a_foreign_page_is_refused(dashboard: Dashboard) -> None:
    for origin in ("https://evil.example", "null", ""):
        answer = sign_in(dashboard, Origin=origin)
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


def test_the_cookie_is_for_this_site_alone_and_for_no_script(dashboard: Dashboard) -> None:
    plain = sign_in(dashboard).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Strict" in plain
    assert "Secure" not in plain
    assert "Secure" in sign_in(dashboard, X_Forwarded_Proto="https").headers["Set-Cookie"]


def test_nobody_is_sent_to_another_host_after_signing_in(dashboard: Dashboard) -> None:
    form = {"name": "operator", "password": PASSWORD, "next": "//evil.example/"}
    answer = ask(dashboard, "POST", "/login", urlencode(form), Content_Type=FORM)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


def test_log_out_ends_the_session_for_every_copy_of_its_cookie(dashboard: Dashboard) -> None:
    cookie = cookie_of(sign_in(dashboard))
    assert ask(dashboard, "GET", "/", Cookie=cookie).status == 200
    assert ask(dashboard, "GET", "/logout", Cookie=cookie).status != 303
    assert ask(dashboard, "POST", "/logout", Cookie=cookie).status == 303
    assert ask(dashboard, "GET", "/", Cookie=cookie).headers["Location"].startswith("/login")


def test_guessing_is_slowed_down_for_the_one_who_guesses(dashboard: Dashboard) -> None:
    guesser = {"X_Forwarded_For": "203.0.113.66"}
    tries = [sign_in(dashboard, password=f"guess {number}", **guesser) for number in range(11)]
    assert [one.status for one in tries] == [401] * 10 + [429]
    assert int(tries[-1].headers["Retry-After"]) > 0
    assert sign_in(dashboard, **guesser).status == 429
    assert sign_in(dashboard, X_Forwarded_For="203.0.113.67").status == 303


def test_a_hostile_name_is_refused_and_never_shown(dashboard: Dashboard) -> None:
    hostile = ("<script>alert(1)</script>", "anna\r\nSet-Cookie: x=y", "{{7*7}}", "\x00", "a" * 9_999)
    for name in hostile:
        answer = sign_in(dashboard, user=name)
        assert answer.status == 401, name
        assert "<script>" not in answer.body
        assert "49" not in answer.body.partition("<main>")[2]
        assert "x=y" not in str(answer.headers)


def test_health_is_open_and_tells_nothing(dashboard: Dashboard) -> None:
    assert ask(dashboard, "GET", "/healthz").body == "OK\n"


def test_an_operator_signs_in_where_he_wanted_to_go_and_logs_out(
    dashboard: Dashboard, browser: Browser
) -> None:
    with watched_page(browser, dashboard.url, user=None, start="/?range=1h") as watched:
        page = watched.page
        expect(page.locator("#name")).to_be_focused()
        page.keyboard.type("operator")
        page.keyboard.press("Tab")
        page.keyboard.type("wrong password")
        page.keyboard.press("Enter")
        expect(page.locator("#fault")).to_have_text("User or password is wrong.")
        watched.errors.clear()  # the browser writes the status 401 into its console
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#user")).to_have_text("operator operator", timeout=SOON_MS)
        assert page.url == f"{dashboard.url}/?range=1h"
        page.locator("#log-out").click()
        expect(page.locator("#password")).to_be_visible(timeout=SOON_MS)
        page.goto(f"{dashboard.url}/")
        expect(page.locator("#password")).to_be_visible()


def test_a_viewer_sees_his_name_and_role(dashboard: Dashboard, browser: Browser) -> None:
    with watched_page(browser, dashboard.url, user="viewer") as watched:
        expect(watched.page.locator("#user")).to_have_text("viewer viewer", timeout=SOON_MS)


def test_a_session_that_ends_leads_to_the_login_page_and_not_to_a_page_that_stands_still(
    dashboard: Dashboard, browser: Browser
) -> None:
    dashboard.add_traffic(int(time.time()), allowed=100, blocked=40)  # or there is no map to wait for
    with watched_page(browser, dashboard.url) as watched:
        page = watched.page
        expect(page.locator("#badge")).to_have_text(re.compile("no recorder", re.IGNORECASE), timeout=SOON_MS)
        page.wait_for_selector("#map .layer.land path", state="attached", timeout=SOON_MS)
        page.context.clear_cookies()
        expect(page.locator("#password")).to_be_visible(timeout=SOON_MS)
        watched.errors = [one for one in watched.errors if "401" not in one]
