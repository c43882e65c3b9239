"""What people and honest programs do on sites of all kinds: a function a habit, which writes it into a log.

Each returns the address that must pass; the site's everyday visitors must pass besides. Above 200 lines: it
is a list, each entry by itself.
"""

from __future__ import annotations

from tests.unit.replay.site_log import CHROME, DAY, HOUR, MINUTE, NOON, SiteLog

ME = "203.0.113.77"
HOSTED = "51.222.253.10"  # in a list of hosting networks
OLD_CHROME = CHROME.replace("141", "69")
POST, PUT, PROPFIND = "POST", "PUT", "PROPFIND"


def poll(log: SiteLog, address: str, target: str, every: float, agent: str, status: int = 200) -> str:
    """A day of one address, as monitors and feed readers ask for it."""
    log.audience()
    for number in range(int(DAY / every)):
        log.ask(NOON - DAY + every * number, address, target, status, agent=agent)
    return address


def crawl(log: SiteLog, address: str, agent: str, pages: int = 600, dead_every: int = 1_000) -> str:
    """Page after page, three a minute, led by links that it keeps to itself."""
    log.audience()
    for number in range(pages):
        target = f"/{'abcdefghijklmnop'[number % 16]}/{'qrstuv'[number % 6]}-{number}"
        log.ask(NOON + 20 * number, address, target, 404 if number % dead_every == 3 else 200, agent=agent)
    return address


def wordpress_author_edits_for_half_a_day(log: SiteLog, refers: bool = True) -> str:
    log.refers = refers
    log.audience(url="/{}/post/")
    log.page(NOON, ME, "/wp-login.php")
    log.ask(NOON + 20, ME, "/wp-login.php", 302, method=POST, referer="/wp-login.php")
    for number in range(12):
        editor = f"/wp-admin/post.php?post={number}&action=edit"
        log.page(NOON + MINUTE * number, ME, editor, "/wp-admin/edit.php", parts=("/wp-includes/js/a.js",))
        log.ask(NOON + MINUTE * number + 30, ME, "/wp-admin/post.php", 302, method=POST, referer=editor)
    for number in range(2_880):
        log.ask(NOON + HOUR + 15 * number, ME, "/wp-admin/admin-ajax.php", method=POST, referer="/wp-admin/")
    return ME


def wordpress_author_on_a_site_without_referers(log: SiteLog) -> str:
    return wordpress_author_edits_for_half_a_day(log, refers=False)


def jetpack_calls_xmlrpc(log: SiteLog) -> str:
    log.audience(url="/{}/post/")
    for number in range(300):
        target = f"/xmlrpc.php?for=jetpack&token=x{number}"
        log.ask(NOON - DAY + 280 * number, ME, target, method=POST, agent="Jetpack by WordPress.com")
    return ME


def joomla_administrator_saves_a_hundred_times(log: SiteLog) -> str:
    log.page(NOON, ME, "/administrator/")
    for number in range(100):
        page = f"/administrator/index.php?option=com_content&id={number}"
        log.page(
            NOON + MINUTE * number, ME, page, "/administrator/index.php", parts=("/administrator/a.png",)
        )
        log.ask(NOON + MINUTE * number + 30, ME, "/administrator/index.php", 303, method=POST, referer=page)
    return ME


def nextcloud_client_syncs_round_the_clock(log: SiteLog) -> str:
    agent = "Mozilla/5.0 (Windows) mirall/3.16.2 (build 20250101) (Nextcloud)"
    for number in range(1_440):
        log.ask(NOON + MINUTE * number, ME, "/remote.php/dav/files/anna/", 207, method=PROPFIND, agent=agent)
        if number % 60 == 0:
            photo = f"/remote.php/dav/files/anna/Photos/IMG_{number}.jpg"
            log.ask(NOON + MINUTE * number + 2, ME, photo, 201, method=PUT, agent=agent)
    return ME


def nextcloud_client_uploads_six_hundred_photos(log: SiteLog) -> str:
    for number in range(600):
        photo = f"/remote.php/dav/files/anna/Photos/IMG_{number}.jpg"
        agent = "Mozilla/5.0 (Linux) mirall/3.10.1 (Nextcloud)"
        log.ask(NOON + 0.35 * number, ME, photo, 201, method=PUT, agent=agent)
    return ME


def calendar_app_syncs(log: SiteLog) -> str:
    agent = "DAVx5/4.4.3-ose (2024/09/18; dav4jvm; okhttp/4.12.0) Android/14"
    for number in range(96):
        for place, status in enumerate((401, 207)):
            log.ask(NOON + 900 * number + place, ME, "/dav/anna/", status, method=PROPFIND, agent=agent)
    return ME


def webhooks_arrive(log: SiteLog) -> str:
    for number in range(300):
        log.ask(NOON + 30 * number, ME, "/hooks/build", 204, method=POST, agent="GitHub-Hookshot/abc123")
    return ME


def sensor_reports_every_minute(log: SiteLog) -> str:
    for number in range(1_440):
        target = f"/device/report?id=7&t={number}"
        log.ask(NOON + MINUTE * number, ME, target, method=POST, agent="ESP8266HTTPClient")
    return ME


def mobile_app_outside_api_routes(log: SiteLog) -> str:
    for number in range(200):
        log.ask(NOON + 9 * number, ME, f"/mobile/items/{number % 9}", agent="okhttp/4.12.0")
        if number % 4 == 0:
            log.ask(NOON + 9 * number, ME, "/mobile/events", 204, method=POST, agent="okhttp/4.12.0")
    return ME


def player_streams(log: SiteLog) -> str:
    for number in range(1_200):
        agent = "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5 like Mac OS X; en_us)"
        log.ask(NOON + 2 * number, ME, f"/media/v3/seg{number}.ts", 206, agent=agent)
    return ME


def package_manager_installs(log: SiteLog) -> str:
    for number in range(500):
        name = f"/npm/{'abcdefghij'[number % 10]}{'klmnopqrs'[number // 60]}pkg"
        log.ask(NOON + number / 10, ME, name, agent="npm/10.2.4 node/v20.11.0 linux x64")
    return ME


def archives_are_fetched_from_a_mirror(log: SiteLog) -> str:
    for number in range(12):
        log.ask(NOON + 5 * number, ME, f"/files/tool-1.{number}.tar.gz", 302, agent="Wget/1.21.4")
    return ME


def single_page_app_polls_without_referers(log: SiteLog) -> str:
    log.refers = False
    log.audience()
    log.page(NOON, ME, "/")
    for number in range(2_880):
        log.ask(NOON + 5 * number, ME, "/status.json")
    return ME


def office_on_a_site_without_referers(log: SiteLog) -> str:
    log.refers = False
    log.audience()
    for number in range(40):
        agent = CHROME.replace("141", str(120 + number % 20))
        log.page(NOON + MINUTE * number, ME, "/login", agent=agent)
        log.ask(NOON + MINUTE * number + 12, ME, "/login", 302, method=POST, agent=agent)
        log.visit(NOON + MINUTE * number + 13, ME, 5, agent)
    return ME


def broken_theme_on_a_site_without_referers(log: SiteLog) -> str:
    log.refers = False
    log.audience()
    log.page(NOON, ME, "/")
    for letter in "abcdefghijklmnopqrst":
        log.ask(NOON + 1, ME, f"/theme/missing-{letter}.png", 404)
    return ME


def private_reader_hides_referers_from_a_site_that_has_them(log: SiteLog) -> str:
    log.audience()
    log.refers = False
    log.visit(NOON, ME, 60)
    return ME


def old_browser_from_a_vpn_opens_a_php_bookmark_first_of_all(log: SiteLog) -> str:
    log.page(NOON, HOSTED, "/viewtopic.php?t=3", agent=OLD_CHROME)
    return HOSTED


def old_browser_reads_a_site_of_aspx(log: SiteLog) -> str:
    log.page(NOON, ME, "/Default.aspx", agent=OLD_CHROME)
    log.visit(NOON + 20, ME, 20, OLD_CHROME, "/Products/View.aspx?id={}", came_from="/Default.aspx")
    return ME


def pages_have_parts_in_folders_with_odd_names(log: SiteLog) -> str:
    parts = ("/script/site.js", "/shell/app.css", "/system/logo.png", "/backup/photo.png")
    log.page(NOON, ME, "/", parts=parts)
    for number in range(5):
        log.page(NOON + 20 * number, ME, f"/shell/chapter-{number}", "/", parts=parts)
    return ME


def browser_asks_for_icons_and_other_courtesies(log: SiteLog) -> str:
    log.page(NOON, ME, "/")
    names = (
        "favicon.ico apple-touch-icon.png ads.txt .well-known/assetlinks.json wpad.dat browserconfig.xml "
        ".well-known/apple-app-site-association crossdomain.xml sellers.json .well-known/security.txt "
        "humans.txt sitemap.xml.gz feed rss.xml app.js.map"
    )
    for number, name in enumerate(names.split()):
        log.ask(NOON + 20 * number, ME, f"/{name}", 404)
    return ME


def certificate_is_validated(log: SiteLog) -> str:
    agent = "Mozilla/5.0 (compatible; Let's Encrypt validation server; +https://www.letsencrypt.org)"
    log.ask(NOON, ME, "/.well-known/acme-challenge/Aq3_x", 404, agent=agent)
    return ME


def feed_reader_on_a_rented_server(log: SiteLog) -> str:
    return poll(
        log, HOSTED, "/blog/tags/perl?flav=rss20", 216, "UniversalFeedParser/4.2 +http://feedparser.org/"
    )


def feed_reader_that_plays_a_browser(log: SiteLog) -> str:
    return poll(log, ME, "/feed.xml", 900, f"{CHROME} RSS Guard/4.5")


def monitor_by_curl(log: SiteLog) -> str:
    return poll(log, ME, "/", MINUTE, "curl/7.88.1")


def health_check_without_a_name(log: SiteLog) -> str:
    return poll(log, ME, "/health", MINUTE, "")


def prometheus_scrapes(log: SiteLog) -> str:
    return poll(log, ME, "/metrics", 30, "Prometheus/2.53.0")


def configuration_client_looks_for_a_lost_file(log: SiteLog) -> str:
    return poll(log, HOSTED, "/files/pkg-1.3.2.jar", 1_440, "Chef Client/10.18.2 (ruby-1.9.3)", 404)


def declared_crawler_on_a_rented_server(log: SiteLog) -> str:
    agent = "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)"
    return crawl(log, "144.76.95.39", agent, dead_every=4)


def bing_crawls_from_networks_it_no_longer_publishes(log: SiteLog) -> str:
    agent = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
    return crawl(log, "157.55.33.88", agent, dead_every=10)


def crawler_of_a_list_that_lags_behind(log: SiteLog) -> str:
    return crawl(log, "5.10.83.66", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)")


def link_checker_checks(log: SiteLog) -> str:
    return crawl(log, ME, "Xenu Link Sleuth/1.3.8", 300, dead_every=30)


def crawler_with_nothing_but_an_address_to_write_to(log: SiteLog) -> str:
    return crawl(log, ME, "Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)")


HABITS = tuple(
    habit
    for name, habit in list(globals().items())
    if callable(habit) and getattr(habit, "__module__", "") == __name__ and name not in ("poll", "crawl")
)
