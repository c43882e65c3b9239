"""Insert once: documents with an ``_id`` of our making, where a repeated insert changes nothing.

An insert whose answer got lost is simply made again. The server then reports error 11000 for every document
that the first attempt had stored, and that is as good as a success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import encode
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from decider.core.errors import StoreUnavailable
from decider.stores.mongo_connection import Document, mongo_errors

ALREADY_THERE = 11000
#: What is wrong with the document itself and will be wrong for ever: BadValue, InvalidBSON,
#: DocumentValidationFailure, BSONObjectTooLarge. Any other refusal (disk full, no primary) may pass.
REFUSED_FOR_EVER = frozenset({2, 22, 121, 10334})


@dataclass(frozen=True, slots=True)
class Inserted:
    """How many are new and how many were there; ``refused``: place in the batch -> why, for ever."""

    new: int
    repeated: int = 0
    refused: Mapping[int, str] = field(default_factory=dict)


def encoded(document: Mapping[str, Any]) -> RawBSONDocument:
    """The document in wire form. Raises ValueError when MongoDB has no form for it."""
    try:
        return RawBSONDocument(encode(document))
    except (BSONError, OverflowError, ValueError) as error:
        raise ValueError(f"no document: {error}") from error


async def insert_once(
    collection: AsyncCollection[Document], documents: Sequence[RawBSONDocument]
) -> Inserted:
    """Store all documents that are not there yet. Raises StoreUnavailable: then call again with the same."""
    with mongo_errors():
        try:
            await collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return _told(error, len(documents))
    return Inserted(len(documents))


def _told(error: BulkWriteError, sent: int) -> Inserted:
    details = error.details or {}
    faults = details.get("writeErrors", [])
    passing = [fault for fault in faults if fault["code"] not in REFUSED_FOR_EVER | {ALREADY_THERE}]
    if passing or details.get("writeConcernErrors"):
        raise StoreUnavailable(str(passing or details["writeConcernErrors"])[:300]) from error
    repeated = sum(1 for fault in faults if fault["code"] == ALREADY_THERE)
    refused = {
        fault["index"]: f"{fault['code']} {fault['errmsg']}"[:300]
        for fault in faults
        if fault["code"] != ALREADY_THERE
    }
    return Inserted(sent - repeated - len(refused), repeated, refused)
