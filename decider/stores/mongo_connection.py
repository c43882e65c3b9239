"""The connection to MongoDB: durable writes, bounded patience, no secrets in what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from decider.core.errors import StoreUnavailable

Document = dict[str, Any]
Database = AsyncDatabase[Document]

DEFAULT_DATABASE = "decider"
SELECTION_TIMEOUT_MS = 2_000  # how long one attempt looks for a server that is away
OPERATION_TIMEOUT_MS = (
    10_000  # the longest query of ours takes a tenth of that; a frozen server never answers
)
SYNTAX_FAULT = (
    "MONGODB_URI is no MongoDB URI: write mongodb://user:password@host:27017/decider "
    "and percent-encode special characters in user and password"
)
ERROR_CHARACTERS = 300  # a bulk error repeats every document it is about


def connect(uri: str) -> Database:
    """The database that the URI names, ``decider`` by default; the server need not be there yet."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        uri,
        appname="decider",
        tz_aware=True,
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=SELECTION_TIMEOUT_MS,
        connectTimeoutMS=SELECTION_TIMEOUT_MS,
        socketTimeoutMS=OPERATION_TIMEOUT_MS,  # timeoutMS would bound the search for a server, too
        # our own loops repeat what failed, and say so; the driver would try in silence until the timeout
        retryWrites=False,
        retryReads=False,
    )
    return client.get_default_database(DEFAULT_DATABASE)


def uri_fault(uri: str) -> str | None:
    """What is wrong with MONGODB_URI and what to write; never repeats the URI, it may hold a password."""
    try:
        if uri.startswith("mongodb+srv://"):  # its servers are looked up in the DNS, later and again
            return None if uri.partition("://")[2] else SYNTAX_FAULT
        parse_uri(uri, warn=False)
    except (PyMongoError, ValueError, TypeError):
        return SYNTAX_FAULT
    return None


def place(uri: str) -> str:
    """The servers and the database of a URI: all of it that may be shown."""
    rest = uri.partition("://")[2].partition("?")[0]
    return rest.rpartition("@")[2]


@contextmanager
def mongo_errors() -> Iterator[None]:
    """Whatever the driver raises inside means that the store did not do it: StoreUnavailable."""
    try:
        yield
    except PyMongoError as error:
        text = str(error).partition(" (configured timeouts")[
            0
        ]  # what follows describes the topology at length
        raise StoreUnavailable(text[:ERROR_CHARACTERS]) from error
