"""Who asks, for pages and callbacks: the user whom the login guard found for the current request.

A callback is a public HTTP endpoint: one that acts calls ``require_operator`` itself, whatever buttons its
page shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import g


class Role(StrEnum):
    """A viewer sees everything; an operator also acts."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class User:
    """``name`` is what the audit log records."""

    name: str
    role: Role

    @property
    def is_operator(self) -> bool:
        """Whether the user may act."""
        return self.role is Role.OPERATOR


class NotAllowedError(Exception):
    """The request has no user, or one that may not do this; the text is for the page."""


def set_current_user(user: User) -> None:
    """For the login guard alone: this request is ``user``'s."""
    g.decider_user = user


def current_user() -> User:
    """The signed-in user of this request. Raises NotAllowedError when there is none."""
    user = g.get("decider_user")
    if not isinstance(user, User):
        raise NotAllowedError("You are not signed in: reload the page and sign in.")
    return user


def require_operator() -> User:
    """The signed-in operator of this request. Raises NotAllowedError for anybody else."""
    user = current_user()
    if not user.is_operator:
        raise NotAllowedError(f"{user.name} has the role {user.role}; this needs the role {Role.OPERATOR}.")
    return user
