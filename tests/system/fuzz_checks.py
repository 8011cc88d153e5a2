"""A check of schemathesis (`SCHEMATHESIS_HOOKS` names this file): no request that the document allows is refused.

A rule about what is there (404, 409), about the caller (401, 403) or about how often is no part of the document. A 400
is, but for the rules that JSON Schema cannot say; those are listed here, each with its reason.
"""

from __future__ import annotations

import json
import re
from typing import Any

import schemathesis

OF_STATE = {401, 403, 404, 409, 429, 503}
"""No account, another role, no such thing, a rule about what is there, too often, and too much at once."""

RULES = {
    r"not a cursor of this list": "cursors are opaque: only the server makes them",
    r"must be an amount such as 12\.50|must not have more than two decimals": "`multipleOf` 0.01 would refuse 19.99",
    r"is not an e-mail address": "whether a domain can have mail is decided by IDNA and the list of special names",
    r"a session is 128 random bits|the guest session to merge is missing": "randomness has no pattern",
    r"`sellerId` is required of an admin": "the parameter depends on the role",
    r"must be a whole hour of UTC": "a rule about the moment, whatever its offset",
    r"`phone` is needed for messages by SMS": "one field depends on another",
    r"Expected `int`, got `float`": "a whole number that is written with a point or an exponent",
    r"the character U\+0000 is not allowed": "of all characters the one that no database keeps",
    r"1 to 128 visible ASCII characters": "generated headers are not what HTTP carries",
    r"must not lie after|must not be larger than|is larger than|is before|must be earlier": "one depends on another",
    r"because a request sends for at most": "how many entries a list may have depends on another field",
    r"twice|more than once|that an earlier line names": "entries of a list differ by one of their fields",
    r"`position` is none of an answer": "positions are made by the server alone, and it says the newest",
    r"this `Idempotency-Key` belongs to another request": "about requests before, though with the status 422",
    r"a common password|is the address|too common": "the list of common passwords, and one's own address",
}
"""The words about a request that breaks a rule which is not in the document, and why it is not."""

_rules = re.compile("|".join(f"(?:{rule})" for rule in RULES))


@schemathesis.check
def valid_requests_are_accepted(_context: Any, response: Any, case: Any) -> None:
    """Fail where a request that fits the document is refused for another reason than those above."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code < 400:
        return
    if response.status_code in OF_STATE or response.status_code >= 500:  # a 5xx is found by another check
        return
    for reason in _reasons(response.content):
        if _rules.search(reason) is None:
            raise AssertionError(f"A valid request was refused ({response.status_code}): {reason}")


def _reasons(body: bytes) -> list[str]:
    try:
        problem = json.loads(body)
        return [error["message"] for error in problem.get("errors", ())] or [problem["detail"]]
    except (ValueError, KeyError, TypeError):
        return [body[:200].decode(errors="replace")]
