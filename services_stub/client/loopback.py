"""One HTTP request to a process of the same machine, synchronous and without httpx.

`marketplace status` must be quick, and importing httpx takes longer than all the rest of that command.
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

ANSWER_SECONDS = 10.0


def request(
    method: str, base_url: str, path: str, headers: Mapping[str, str], body: bytes | None = None
) -> tuple[int, bytes]:
    """The status and the body of the answer.

    Raises:
        OSError: nothing answers there within 10 seconds, or the answer is not HTTP.

    """
    url = urlsplit(base_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=ANSWER_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
