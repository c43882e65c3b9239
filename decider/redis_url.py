"""REDIS_URL: checked before anything connects, and shown without what is secret in it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

# Credentials that hold / ? # or @ unescaped would be read as something else, and shown as something else.
URL = re.compile(
    r"(?P<scheme>redis|rediss|redis\+cluster|rediss\+cluster|unix)://"
    r"((?P<user>[^:/?#@]*)(?P<password>:[^/?#@]*)?@)?"
    r"(?P<place>[^/?#@]*)(?P<path>/[^?#@]*)?"
    r"(\?(?P<query>[^#@]*))?"
)
HOST_AND_PORT = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
DATABASE = re.compile(r"[0-9]{1,5}")
OPTIONS = {"db", "username", "password", "client_name"}
TLS_OPTIONS = {"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"}
HIGHEST_PORT = 65_535
DEFAULT_PORT = 6379
CLUSTER = "+cluster"

REMEDY = (
    "write redis://host:6379/0, rediss://user:password@host:6379/0, unix:///path/redis.sock?db=0 or, for a "
    "cluster, redis+cluster://host:6379,host:6379, special characters of a password percent-encoded"
)


def redis_url_fault(url: str) -> str | None:
    """What is wrong with a Redis URL, without its credentials; None for one that can be tried."""
    match = URL.fullmatch(url)
    if match is None or not _names_a_place(match):
        return f"REDIS_URL = {redacted(url)!r}: {REMEDY}"
    known = OPTIONS | TLS_OPTIONS if match["scheme"].startswith("rediss") else OPTIONS
    if is_cluster(url):
        known = known - {"db"}  # a cluster has one database
    for name, value in parse_qsl(match["query"] or "", keep_blank_values=True):
        if name not in known:
            return f"REDIS_URL has the option {name!r:.40}: known are {', '.join(sorted(known))}"
        if name == "db" and not DATABASE.fullmatch(value):
            return f"REDIS_URL has db={value!r:.40}: write the number of the database"
    return None


def is_cluster(url: str) -> bool:
    """Whether the URL names nodes of a Redis Cluster."""
    return url.partition("://")[0].endswith(CLUSTER)


def cluster_nodes(url: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """A checked cluster URL taken apart: a URL of its first node alone, and (host, port) of each node."""
    match = URL.fullmatch(url)
    if match is None:
        raise ValueError("no Redis URL")
    places = match["place"].split(",")
    nodes = [HOST_AND_PORT.fullmatch(place) for place in places]
    credentials = f"{match['user'] or ''}{match['password'] or ''}"
    first = (
        match["scheme"].removesuffix(CLUSTER) + "://" + (f"{credentials}@" if credentials else "") + places[0]
    )
    return f"{first}?{match['query'] or ''}", tuple(
        (node[1].strip("[]"), int(node["port"] or DEFAULT_PORT)) for node in nodes if node
    )


def redacted(url: str) -> str:
    """The URL without password and options, fit for a log or a screen; unreadable ones are not shown."""
    match = URL.fullmatch(url)
    if match is None:
        return "..."  # wherever a password may stand in it
    user = match["user"] or ""
    credentials = f"{user}:***@" if match["password"] else f"{user}@" if user else ""
    return f"{match['scheme']}://{credentials}{match['place']}{match['path'] or ''}"


def _names_a_place(match: re.Match[str]) -> bool:
    path = match["path"] or ""
    if match["scheme"] == "unix":
        return not match["place"] and len(path) > 1
    if match["scheme"].endswith(CLUSTER):
        return path in ("", "/", "/0") and all(map(_is_address, match["place"].split(",")))
    if not _is_address(match["place"]):
        return False
    return path in ("", "/") or DATABASE.fullmatch(path[1:]) is not None


def _is_address(text: str) -> bool:
    address = HOST_AND_PORT.fullmatch(text)
    return address is not None and 0 < int(address["port"] or 1) <= HIGHEST_PORT
