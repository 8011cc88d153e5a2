"""The failures of a command: the words and the exit code that each has, by the error trees of the public clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FAILED = 1
"""The marketplace, or a rule of it, says no."""

UNKNOWN = 2
"""It may have been carried out: look before repeating."""

BAD_ARGUMENTS = 64
NOT_FOUND = 66
NOT_REACHABLE = 69
BUG = 70
TOO_MUCH = 75
"""A limit of requests was reached: wait, then repeat."""

OTHER_VERSION = 76
NOT_ALLOWED = 77
INTERRUPTED = 130

SIGN_IN = "Sign in: --as user, seller or admin; or MARKETPLACE_EMAIL and MARKETPLACE_PASSWORD in the environment."


def explained(error: Exception) -> tuple[list[str], int] | None:
    """The lines for a person, and the exit code, of an error that they can do something about; None for a bug.

    The lines are safe to print, whatever texts of others are in them.
    """
    from marketplace_tui.text.shown import shown_lines

    found = _by_marketplace(error) or _by_control(error)
    if found is None:
        match error:
            case OSError(filename=str(name)) if error.strerror:
                found = f"{name}: {error.strerror}.", FAILED
            case _:
                return None
    words, code = found
    return [line for text in (words, *_details(error)) for line in shown_lines(text)], code


def _by_marketplace(error: Exception) -> tuple[str, int] | None:
    from services_stub.client import errors

    match error:
        case errors.Unreachable() | errors.TryLater():
            return f"{error}. Does a marketplace run? See `marketplace status`.", NOT_REACHABLE
        case errors.OutcomeUnknown():
            return f"{error}. It may have been carried out: look before you repeat it.", UNKNOWN
        case errors.InvalidInput():
            return str(error), BAD_ARGUMENTS
        case errors.SignInAgain():
            return f"{error}. {SIGN_IN}", NOT_ALLOWED
        case errors.NotAllowed():
            return str(error), NOT_ALLOWED
        case errors.NotFound():
            return str(error), NOT_FOUND
        case errors.RateLimited():
            return f"{error}. Wait {error.retry_after:g} s, then repeat it.", TOO_MUCH
        case errors.ContractBroken():
            return f"{error}. This program and the marketplace have different versions.", OTHER_VERSION
        case errors.MarketplaceError():
            return str(error), FAILED
    return None


def _by_control(error: Exception) -> tuple[str, int] | None:
    from services_stub.client import control

    match error:
        case control.NotRunning() | control.NotAnswering():
            return str(error), NOT_REACHABLE
        case control.InvalidCommand():
            return str(error), BAD_ARGUMENTS
        case control.UnknownTarget():
            return str(error), NOT_FOUND
        case control.UnreadableAnswer():
            return f"{error}. This program and the marketplace have different versions.", OTHER_VERSION
        case control.ControlError():
            return str(error), FAILED
    return None


def _details(error: Exception) -> Iterator[str]:
    """One line for each field, line or part that a problem document names beyond its own words."""
    problem = getattr(error, "problem", None)
    if problem is None:
        return
    told = str(error)
    yield from (f"  {field.field}: {field.message}" for field in problem.errors if field.message not in told)
    for name in ("lines", "parts"):
        found = problem.extensions.get(name)
        for entry in found if isinstance(found, list) else ():
            yield f"  {_words(entry)}"


def _words(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return ", ".join(f"{name} {value}" for name, value in entry.items() if value is not None)
