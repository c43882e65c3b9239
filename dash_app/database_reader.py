"""The one connection of the investigation's readers. Queries give up after the patience of a page."""

from __future__ import annotations

from pymongo import MongoClient
from pymongo.database import Database

from dash_app.reader import QUERY_TIMEOUT_MS, Document


def open_database(uri: str) -> Database[Document]:
    """Connects at the first query. Raises pymongo's ConfigurationError for a URI that names no server."""
    client: MongoClient[Document] = MongoClient(
        uri,
        timeoutMS=QUERY_TIMEOUT_MS,
        serverSelectionTimeoutMS=QUERY_TIMEOUT_MS,
        tz_aware=True,
        connect=False,
    )
    return client.get_default_database("decider")
