"""The sample shop by itself: what a page has, and orders that are exact whatever arrives at once."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.running_stack import PYTHON
from tests.servers import ROOT, dies_with_us, free_port

STOCK = 20
BUYERS = 60
START_SECONDS = 20.0


@pytest.fixture
def shop() -> Iterator[str]:
    port = free_port()
    command = [str(PYTHON), "-m", "gunicorn", "-c", "python:load.shop.gunicorn_conf", "load.shop.wsgi:app"]
    environment = {**os.environ, "SHOP_BIND": f"127.0.0.1:{port}", "SHOP_STOCK": str(STOCK)}
    process = subprocess.Popen(dies_with_us(command), cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while status(f"{url}/healthz") != 200:
            assert time.monotonic() < deadline, "the shop does not start"
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def status(url: str, method: str = "GET", client: str = "203.0.113.1") -> int:
    try:
        asked = Request(
            url, method=method, headers={"X-Real-IP": client}, data=b"" if method == "POST" else None
        )
        with urlopen(asked, timeout=10) as reply:
            return int(reply.status)
    except HTTPError as error:
        error.close()
        return error.code
    except URLError:
        return 0


def test_no_more_is_sold_than_there_is_however_many_order_at_once(shop: str) -> None:
    with ThreadPoolExecutor(BUYERS) as buyers:
        answers = list(
            buyers.map(
                lambda number: status(f"{shop}/checkout", "POST", f"203.0.113.{number}"), range(BUYERS)
            )
        )
    assert sorted(answers) == [201] * STOCK + [409] * (BUYERS - STOCK)
    with urlopen(f"{shop}/orders.json", timeout=10) as reply:
        report = json.load(reply)
    assert (report["left"], report["tried"], report["completed"]) == (0, BUYERS, STOCK)
    assert sum(one["completed"] for one in report["by_client"].values()) == STOCK


@pytest.mark.parametrize("page", ["/", "/launch", "/product/1", "/search?q=x", "/cart", "/checkout"])
def test_every_page_of_a_visit_is_there(shop: str, page: str) -> None:
    assert status(shop + page) == 200


def test_every_asset_that_the_launch_page_names_is_there(shop: str) -> None:
    with urlopen(f"{shop}/launch", timeout=10) as reply:
        html = reply.read().decode()
    assets = {part.partition('"')[0] for part in html.split('"/static/')[1:]}
    assert len(assets) == 80
    assert {status(f"{shop}/static/{name}") for name in assets} == {200}


def test_a_product_that_is_not_there_is_not_found(shop: str) -> None:
    assert status(f"{shop}/product/none") == 404
