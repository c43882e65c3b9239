"""The real servers of the contract tests: one of each for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.redis_cluster import redis_cluster
from tests.servers import mongo_server, redis_server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis shared by the run; a test that needs it empty empties it first."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis Cluster of three masters, shared by the run."""
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster.url


@pytest.fixture(scope="session")
def mongo_server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server, or the one that TEST_MONGODB_URI names."""
    if given := os.environ.get("TEST_MONGODB_URI"):
        yield given
        return
    with mongo_server(Path(tmp_path_factory.mktemp("mongo"))) as server:
        yield server.url


@pytest.fixture
def mongo_uri(mongo_server_uri: str) -> Iterator[str]:
    """A database of this test's own, dropped afterwards."""
    name = f"decider_test_{uuid4().hex[:12]}"
    address, _, rest = mongo_server_uri.partition("://")
    hosts, _, path = rest.partition("/")
    options = path.partition("?")[2]
    uri = f"{address}://{hosts}/{name}" + (f"?{options}" if options else "")
    yield uri
    with MongoClient[dict[str, object]](mongo_server_uri) as client:
        client.drop_database(name)
