"""Passwords, hashed with argon2id in threads of their own: a hash costs milliseconds that no event loop has."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from services_stub.auth.domain import HashParameters, weakness_of
from services_stub.runtime.errors import Unavailable

# Bounds the memory: each hash under way takes what the parameters say.
_THREADS = 2
MOST_WAITING = 256
_SHORTEST_WORD = 6

T = TypeVar("T")


@dataclass(frozen=True)
class PasswordCheck:
    """Whether a password fits; `rehashed` replaces a hash that was made with other parameters."""

    matches: bool
    rehashed: str | None = None


class Passwords:
    """Hashes and checks passwords. Create it after the fork; `stop` ends its threads."""

    def __init__(self, parameters: HashParameters) -> None:
        self._hasher = PasswordHasher(
            time_cost=parameters.iterations,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.lanes,
            type=Type.ID,
        )
        self._dummy_hash = self.hash_now("the password of nobody")
        self._waiting = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """The hash to keep of a password."""
        return await self._in_thread(self.hash_now, password)

    async def weakness(self, password: str, email: str) -> str:
        """The reason why a password would soon be guessed; empty for none."""
        return await self._in_thread(weakness_of, password, email, _is_common)

    async def check(self, password: str, known: str | None) -> PasswordCheck:
        """Whether `password` is the one whose hash is `known`.

        Without one the answer is no and takes as long, so that the time does not tell which accounts exist.
        """
        return await self._in_thread(self.check_now, password, known)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """The result of `work` in one of the threads.

        Raises:
            Unavailable: so many wait that this one would not be answered in time.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many passwords are being checked at a time")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1

    def hash_now(self, password: str) -> str:
        """The hash to keep of a password, made in the caller's thread."""
        return self._hasher.hash(_bytes(password))

    def check_now(self, password: str, known: str | None) -> PasswordCheck:
        """Like `check`, in the caller's thread."""
        try:
            self._hasher.verify(known or self._dummy_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return PasswordCheck(matches=False)
        if known is None:
            return PasswordCheck(matches=False)
        outdated = self._hasher.check_needs_rehash(known)
        return PasswordCheck(matches=True, rehashed=self.hash_now(password) if outdated else None)

    def stop(self) -> None:
        """End the threads once their work is done."""
        self._threads.shutdown()


def _is_common(password: str) -> bool:
    return password in _common()


@cache
def _common() -> frozenset[str]:
    """The passwords that people choose most, also short ones. Read when the first account is made: it takes a while."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(each for each in FREQUENCY_LISTS["passwords"] if len(each) >= _SHORTEST_WORD)


def _bytes(password: str) -> bytes:
    # The same characters come composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFC", password).encode()
