"""The sample shop. Start: gunicorn -c python:load.shop.gunicorn_conf load.shop.wsgi:app"""

from __future__ import annotations

import os
import time
from collections import Counter
from threading import Lock
from typing import Any

import falcon

from load.shop import pages
from load.shop.stock import Stock

DEFAULT_STOCK = 10_000  # enough that a shopper never fails for want of shoes
DEFAULT_PAGE_MS = 5  # what a page of a small real shop costs its application server
ASSET_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Pages:
    """Everything a person looks at."""

    def __init__(self, stock: Stock, page_seconds: float) -> None:
        self._stock = stock
        self._page_seconds = page_seconds

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Home."""
        self._answer(response, pages.home())

    def on_get_launch(self, request: falcon.Request, response: falcon.Response) -> None:
        """The launch page with its 80 assets."""
        self._answer(response, pages.launch(self._stock.left))

    def on_get_product(self, request: falcon.Request, response: falcon.Response, key: str) -> None:
        """A product page with its 40 assets."""
        found = pages.product(key)
        if found is None:
            response.status = falcon.HTTP_404
        self._answer(response, found or pages.simple("Not found", "There is no such product."))

    def on_get_search(self, request: falcon.Request, response: falcon.Response) -> None:
        """A search."""
        self._answer(response, pages.search(request.get_param("q", default="")))

    def on_get_cart(self, request: falcon.Request, response: falcon.Response) -> None:
        """The cart."""
        self._answer(response, pages.simple("Cart", "One pair waits for you."))

    def on_post_add(self, request: falcon.Request, response: falcon.Response) -> None:
        """Put something into the cart."""
        response.status = falcon.HTTP_303
        response.location = "/cart"

    def on_get_checkout(self, request: falcon.Request, response: falcon.Response) -> None:
        """The order form."""
        self._answer(response, pages.checkout())

    def on_post_checkout(self, request: falcon.Request, response: falcon.Response) -> None:
        """Place an order: 201 with its number, 409 when sold out."""
        time.sleep(self._page_seconds)
        number = self._stock.order(request.get_header("X-Real-IP") or request.remote_addr)
        response.status = falcon.HTTP_409 if number is None else falcon.HTTP_201
        response.media = {"order": number, "sold_out": number is None}

    def on_post_login(self, request: falcon.Request, response: falcon.Response) -> None:
        """One user, one password; 401 for everyone else."""
        given = request.get_media(default_when_empty={})
        good = isinstance(given, dict) and given.get("password") == pages.PASSWORD
        response.status = falcon.HTTP_200 if good else falcon.HTTP_401
        response.media = {"ok": good}

    def _answer(self, response: falcon.Response, html: str) -> None:
        time.sleep(self._page_seconds)
        response.content_type = falcon.MEDIA_HTML
        response.text = html


class Data:
    """What programs ask."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock

    def on_get_stock(self, request: falcon.Request, response: falcon.Response) -> None:
        """How many are left."""
        response.media = {"left": self._stock.left}

    def on_get_orders(self, request: falcon.Request, response: falcon.Response) -> None:
        """Orders tried and completed, in all and by client."""
        response.media = self._stock.report()

    def on_get_health(self, request: falcon.Request, response: falcon.Response) -> None:
        """Alive."""
        response.media = {"status": "alive"}


class Assets:
    """Any file below /static, generated."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        """A small body of the right type, cacheable like a real asset."""
        response.content_type = ASSET_TYPES.get(name.rpartition(".")[2], "image/png")
        response.data = b"/* asset */".ljust(pages.ASSET_BYTES)
        response.set_header("Cache-Control", "public, max-age=300")


class Verdicts:
    """Counts what reached the shop by the verdict that Nginx names to the application, and by client what
    nobody decided on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._fail_open: Counter[str] = Counter()

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """One more."""
        verdict = request.get_header("X-Decider-Verdict") or "none"
        with self._lock:
            self._counts[verdict] += 1
            if verdict == "fail-open":
                self._fail_open[request.get_header("X-Real-IP") or ""] += 1

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Requests by verdict (allow, would-block, fail-open, none), and the fail-open ones by client."""
        with self._lock:
            response.media = {"verdicts": dict(self._counts), "fail_open_by_client": dict(self._fail_open)}


def create_app(stock: Stock, page_seconds: float) -> falcon.App[Any, Any]:
    """The shop with its routes."""
    verdicts = Verdicts()
    app = falcon.App(middleware=[verdicts])
    app.add_route("/verdicts.json", verdicts)
    shop, data = Pages(stock, page_seconds), Data(stock)
    app.add_route("/", shop)
    for suffix in ("launch", "search", "cart", "checkout", "login"):
        app.add_route(f"/{suffix}", shop, suffix=suffix)
    app.add_route("/product/{key}", shop, suffix="product")
    app.add_route("/cart/add", shop, suffix="add")
    app.add_route("/static/{name}", Assets())
    app.add_route("/api/stock", data, suffix="stock")
    app.add_route("/orders.json", data, suffix="orders")
    app.add_route("/healthz", data, suffix="health")
    return app


app = create_app(
    Stock(int(os.environ.get("SHOP_STOCK", DEFAULT_STOCK))),
    int(os.environ.get("SHOP_PAGE_MS", DEFAULT_PAGE_MS)) / 1000,
)
