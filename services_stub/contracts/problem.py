"""Problem documents: the one shape in which every service says no (RFC 9457, application/problem+json)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services_stub.contracts.base import Body

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/problems"


class FieldError(Body, frozen=True, kw_only=True):
    """One field that is wrong. `field` is a path such as `items[0].quantity`, or the name of a header."""

    field: str
    message: str


def in_words(errors: Sequence[FieldError]) -> str:
    """The errors of fields as one text."""
    return "; ".join(f"`{each.field}`: {each.message}" for each in errors)


class Problem(Body, frozen=True, kw_only=True):
    """RFC 9457 members, plus `errors` (what is wrong with which field) and `extensions` (flattened on the wire)."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[FieldError] = []
    extensions: dict[str, Any] = {}

    @property
    def code(self) -> str:
        """The last segment of `type`, for example `out-of-stock`: what programs decide by."""
        return self.type.rsplit("/", 1)[-1]

    def document(self) -> dict[str, Any]:
        """The members as they go over the wire, empty ones left out."""
        document: dict[str, Any] = {"type": self.type, "title": self.title, "status": self.status}
        if self.detail:
            document["detail"] = self.detail
        if self.instance:
            document["instance"] = self.instance
        if self.errors:
            document["errors"] = self.errors
        return {**self.extensions, **document}

    @classmethod
    def parse(cls, body: bytes, *, status: int) -> Problem:
        """Read a problem document; a body that is none becomes a problem that says so."""
        try:
            members = msgspec.json.decode(body, type=dict[str, Any])
            errors = msgspec.convert(members.pop("errors", []), list[FieldError])
            known = {name: members.pop(name) for name in ("type", "title", "detail", "instance") if name in members}
            members.pop("status", None)
            texts = msgspec.convert(known, dict[str, str])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return problem(status, "unreadable-answer", "the answer is not a problem document")
        return cls(
            type=texts.get("type", "about:blank"),
            title=texts.get("title", ""),
            status=status,
            detail=texts.get("detail", ""),
            instance=texts.get("instance", ""),
            errors=errors,
            extensions=members,
        )


def problem(
    status: int, code: str, detail: str, *, errors: list[FieldError] | None = None, **extensions: Any
) -> Problem:
    """A problem of the kind `code` (kebab-case), its title derived from the code."""
    return Problem(
        type=f"{TYPE_BASE}/{code}",
        title=code.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        errors=errors or [],
        extensions=extensions,
    )
