"""The shop's pages and the assets they refer to. Text is generated; nothing comes from elsewhere."""

from __future__ import annotations

from html import escape

PRODUCTS = {
    str(number): name
    for number, name in enumerate(
        (
            "Air Zero",
            "Air One",
            "Court Low",
            "Court High",
            "Trail Runner",
            "Night Runner",
            "Canvas",
            "Slip-on",
        ),
        1,
    )
}
LAUNCH_ASSETS = 80  # as many parts as a heavy launch page of a large shop has
PRODUCT_ASSETS = 40  # a median page of the web loads about 70 requests, most of them assets (HTTP Archive)
PAGE_ASSETS = 12
ASSET_BYTES = (
    600  # small, so that a load generator on the same machine measures the guard and not the network
)
PASSWORD = "correct horse"  # noqa: S105  the sample shop has one user and nothing to protect

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c1c1e;background:#f7f7f8}
header{background:#1c1c1e;color:#fff;padding:16px 24px}
header a{color:#fff;margin-right:18px;text-decoration:none}
main{max-width:860px;margin:24px auto;background:#fff;padding:24px 32px;border-radius:10px}
.grid{display:grid;grid-template-columns:repeat(4,1fr);gap:16px}.grid a{text-decoration:none;color:inherit}
button{background:#0a66ff;color:#fff;border:0;border-radius:6px;padding:10px 22px;font-size:16px}
"""


def asset_paths(name: str, count: int) -> list[str]:
    """The assets a page refers to: a quarter style and script, the rest images."""
    kinds = ("css", "js", "png", "webp", "png", "svg", "webp", "png")
    return [f"/static/{name}-{number}.{kinds[number % len(kinds)]}" for number in range(count)]


def page(title: str, body: str, assets: list[str]) -> str:
    """A whole page with its assets."""
    styles = "".join(f'<link rel="stylesheet" href="{one}">' for one in assets if one.endswith(".css"))
    scripts = "".join(f'<script src="{one}" defer></script>' for one in assets if one.endswith(".js"))
    images = "".join(
        f'<img src="{one}" alt="" width="1" height="1">'
        for one in assets
        if not one.endswith((".css", ".js"))
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{STYLE}</style>{styles}{scripts}"
        '<header><a href="/">Sole</a><a href="/launch">Launch</a><a href="/cart">Cart</a></header>'
        f"<main><h1>{escape(title)}</h1>{body}</main>{images}</html>"
    )


def home() -> str:
    """All products."""
    links = "".join(f'<a href="/product/{key}"><h3>{escape(name)}</h3></a>' for key, name in PRODUCTS.items())
    return page("Shoes for people", f'<div class="grid">{links}</div>', asset_paths("home", PAGE_ASSETS))


def launch(left: int) -> str:
    """The limited item."""
    body = f'<p>{left:,} pairs left.</p><form action="/checkout"><button>Buy now</button></form>'
    return page("Air Zero: the launch", body, asset_paths("launch", LAUNCH_ASSETS))


def product(key: str) -> str | None:
    """One product, or None."""
    name = PRODUCTS.get(key)
    if name is None:
        return None
    body = f'<form method="post" action="/cart/add"><input type="hidden" name="product" value="{key}">'
    return page(
        name, body + "<button>Add to cart</button></form>", asset_paths(f"product-{key}", PRODUCT_ASSETS)
    )


def search(words: str) -> str:
    """Products whose name holds the words."""
    found = [name for name in PRODUCTS.values() if words.lower() in name.lower()]
    listed = "".join(f"<li>{escape(name)}</li>" for name in found) or "<li>nothing</li>"
    return page(f"Results for {words[:60]}", f"<ul>{listed}</ul>", asset_paths("search", PAGE_ASSETS))


def simple(title: str, text: str) -> str:
    """A page of one sentence."""
    return page(title, f"<p>{escape(text)}</p>", asset_paths("page", PAGE_ASSETS))


def checkout() -> str:
    """The order form."""
    body = '<form method="post" action="/checkout"><button>Place order</button></form>'
    return page("Checkout", body, asset_paths("checkout", PAGE_ASSETS))
