"""The passwords for the servers that take mail and SMS: from the environment or a file, never from a command line.

Everyone on a machine sees its command lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from services_stub.runtime.errors import Unavailable


def with_password(url: str, kind: str) -> str:
    """`url` with the password for its user, where it has a user and no password.

    It is in the variable `MARKETPLACE_<KIND>_PASSWORD`, or in the file that `MARKETPLACE_<KIND>_PASSWORD_FILE` names.

    Raises:
        Unavailable: the file cannot be read.
    """
    parts = urlsplit(url)
    if parts.username is None or parts.password is not None:
        return url
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(_password(f'MARKETPLACE_{kind}_PASSWORD'), safe='')}@{place}").geturl()


def _password(variable: str) -> str:
    file = os.environ.get(f"{variable}_FILE", "")
    if not file:
        return os.environ.get(variable, "")
    try:
        return Path(file).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"the file {file} with a password cannot be read: {error}") from error
