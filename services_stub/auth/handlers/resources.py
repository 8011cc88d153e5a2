"""The resources of the running auth service, and the accounts that it makes before the first request."""

from __future__ import annotations

from pathlib import Path

from services_stub.auth.domain import PASSWORD_PROFILES
from services_stub.auth.handlers.accounts import EnsureAdmin, ensure_admin
from services_stub.auth.handlers.passwords import Passwords
from services_stub.auth.handlers.signing import Signer
from services_stub.auth.store.signing_key import load_or_make
from services_stub.contracts.envelope import Cause
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.identifiers import new_id

_RESOURCES = "desk"


class Resources:
    """Passwords and signatures. Starting it makes the key and the admin that are missing.

    Raises:
        Unavailable: the key cannot be read or made, or the password profile is unknown.
    """

    def __init__(self, context: Context) -> None:
        profile = context.settings.options.get("password_profile", "owasp")
        if profile not in PASSWORD_PROFILES:
            raise Unavailable(f"the password profile {profile!r} is none of {', '.join(PASSWORD_PROFILES)}")
        self._context = context
        self.passwords = Passwords(PASSWORD_PROFILES[profile])
        self.signer = Signer(load_or_make(Path(context.settings.data_dir)))
        context.state[_RESOURCES] = self

    def start(self) -> None:
        """Make the admin that the settings name, if there is none, and return when it is written."""
        options = self._context.settings.options
        email, password = options.get("admin_email", ""), options.get("admin_password", "")
        if email and password:
            command = EnsureAdmin(email, password, self.passwords)
            cause = Cause("", new_id(), "")
            self._context.write_from_thread(ensure_admin, command, cause)

    def stop(self, timeout: float) -> None:  # noqa: ARG002 - a hash takes milliseconds
        """End the threads that hash."""
        self.passwords.stop()


def resources_of(context: Context) -> Resources:
    """The resources of a running service."""
    resources: Resources = context.state[_RESOURCES]
    return resources
