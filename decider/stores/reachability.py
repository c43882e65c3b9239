"""Whether an operator's own Redis or MongoDB answers, said in a sentence that shows no password."""

from __future__ import annotations

from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from decider.redis_url import cluster_nodes, is_cluster

TIMEOUT_SECONDS = 3.0  # a store of one's own site answers in milliseconds; a firewall never does


def redis_fault(url: str) -> str | None:
    """What is wrong with the Redis at ``url``; None when it answers PING. Of a cluster one node must."""
    if is_cluster(url):
        faults = [redis_fault(node) for node in _each_node(url)]
        return None if None in faults else faults[0]
    try:
        with Redis.from_url(
            url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS, retry=None
        ) as client:
            client.ping()
    except AuthenticationError:
        return f"REDIS_URL: Redis at {_place(url)} refuses the user name or password: correct them in the URL"
    except (RedisError, OSError, ValueError):
        return (
            f"REDIS_URL: no Redis answers at {_place(url)}: start it, correct the URL, "
            "or leave REDIS_URL out for one of our own"
        )
    return None


def mongo_fault(uri: str) -> str | None:
    """What is wrong with the MongoDB at ``uri``; None when it answers ping."""
    timeout_ms = int(TIMEOUT_SECONDS * 1000)
    try:
        with MongoClient[dict[str, object]](
            uri, serverSelectionTimeoutMS=timeout_ms, timeoutMS=timeout_ms
        ) as client:
            client.admin.command("ping")
    except OperationFailure:
        return f"MONGODB_URI: MongoDB at {_place(uri)} refuses the user or password: correct them in the URI"
    except ConfigurationError:
        return "MONGODB_URI is no valid MongoDB URI: write mongodb://user:password@host:27017/decider"
    except (PyMongoError, ValueError):
        return (
            f"MONGODB_URI: no MongoDB answers at {_place(uri)}: start it, correct the URI, "
            "or leave MONGODB_URI out for the embedded server"
        )
    return None


def _each_node(url: str) -> list[str]:
    first, nodes = cluster_nodes(url)
    parts = urlsplit(first)
    credentials, at, _ = parts.netloc.rpartition("@")
    hosts = [f"[{host}]" if ":" in host else host for host, _ in nodes]
    ports = [port for _, port in nodes]
    return [
        parts._replace(netloc=f"{credentials}{at}{host}:{port}").geturl()
        for host, port in zip(hosts, ports, strict=True)
    ]


def _place(url: str) -> str:
    """Host and port, or the socket's path: all of an address that may be shown."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
