"""What every simulated client is: one address, its own headers, and an account of what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, ClassVar

from gevent.pool import Pool
from locust import FastHttpUser

from load.ledger import ClientAccount, Ledger

BROWSER_CONNECTIONS = 6  # connections a browser opens to one host over HTTP/1.1
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_LIKE = "(KHTML, like Gecko)"
CHROME = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {_LIKE} Chrome/141.0.0.0 Safari/537.36"
)
SAFARI = (
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 {_LIKE} Version/18.1 Safari/605.1.15"
)
EDGE = f"{CHROME} Edg/141.0.0.0"
BROWSERS = (FIREFOX, CHROME, SAFARI, EDGE)
BROWSER_HEADERS = {"Accept-Language": "en-GB,en;q=0.8", "Accept-Encoding": "gzip, deflate, br"}
DOCUMENT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DESTINATIONS = {"css": "style", "js": "script"}  # everything else a page loads here is an image


class ClientUser(FastHttpUser):
    """``kind`` names the account, ``address`` goes into X-Forwarded-For, ``user_agent`` is what it says."""

    abstract = True
    ledger: ClassVar[Ledger] = Ledger()  # shared by all users of a run; the attack puts its own here
    concurrency = BROWSER_CONNECTIONS
    kind = "client"
    address = "127.0.0.1"
    user_agent = FIREFOX
    session = ""  # the session cookie it sends back, where it has one
    network_timeout = 10.0
    connection_timeout = 10.0
    _page = ""  # the page that is open: what a browser names as Referer

    @property
    def account(self) -> ClientAccount:
        """Where this client's requests are noted."""
        return self.ledger.account(self.kind, self.address)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> int:
        """Send one request and return its status; 0 where no answer came."""
        told = {"X-Forwarded-For": self.address, "User-Agent": self.user_agent}
        if self.session:
            told["Cookie"] = f"session={self.session}"
        sent = monotonic()
        with self.client.request(
            method,
            path,
            name=more.pop("name", path),
            headers={**told, **(headers or {})},
            catch_response=True,
            allow_redirects=False,
            **more,
        ) as answer:
            status = int(answer.status_code or 0)
            answer.success() if status else answer.failure("no answer")
        self.account.note(status, sent)
        return status

    def browse(self, path: str, assets: Iterable[str], name: str = "") -> int:
        """Open a page as a browser does: the document, then its assets over parallel connections."""
        status = self._navigate("GET", path, name=name or path)
        if status == 200:
            pool = Pool(BROWSER_CONNECTIONS)
            for asset in assets:
                pool.spawn(self._load, asset)
            pool.join()
        return status

    def submit(self, path: str, name: str = "", **body: Any) -> int:
        """Send a form of the page that is open; ``body`` is ``data`` or ``json``."""
        return self._navigate("POST", path, name=name or f"POST {path}", **(body or {"data": ""}))

    def order(self) -> bool:
        """Place an order; whether it went through."""
        done = self.submit("/checkout") == 201
        self.account.orders_tried += 1  # only now: what the end of a run cuts off was not refused
        self.account.orders_completed += done
        return done

    def _navigate(self, method: str, path: str, **more: Any) -> int:
        headers = {**BROWSER_HEADERS, "Accept": DOCUMENT, "Sec-Fetch-Dest": "document"}
        headers["Sec-Fetch-Mode"] = "navigate"
        if self._page:
            headers["Referer"] = self._page
        self._page = f"{self.host}{path}"
        return self.ask(method, path, headers, **more)

    def _load(self, asset: str) -> None:
        kind = DESTINATIONS.get(asset.rpartition(".")[2], "image")
        headers = {**BROWSER_HEADERS, "Accept": "*/*", "Sec-Fetch-Dest": kind, "Sec-Fetch-Mode": "no-cors"}
        self.ask("GET", asset, {**headers, "Referer": self._page}, name="/static")
