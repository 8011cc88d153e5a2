"""Whose a connection on this machine is: Linux says which user has a socket (`sock_diag(7)`, as `ss` asks it).

One socket is looked up by its addresses. The tables in /proc/net say the same; but they are written whole each time,
which takes milliseconds of a machine that has room for many connections.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

Address = tuple[str, int]

_SOCK_DIAG = 4
_MESSAGE = struct.Struct("=IHHII")
"""`nlmsghdr`: length, type, flags, sequence number and sender."""
_REQUEST = struct.Struct("=BBBxI")
"""The front of `inet_diag_req_v2`: family, protocol, extensions, and the states as bits."""
_PORTS, _REST = struct.Struct(">HH"), struct.Struct("=III")
"""The ports are around the addresses' front; behind those come interface and cookie."""
_BY_FAMILY, _IS_REQUEST = 20, 1
_ADDRESS_BYTES = 16
_ANY = 2**32 - 1
_USER, _USER_AT = struct.Struct("=I"), 80
"""In the answer: behind `nlmsghdr`, the state, the addresses, and the times and queues of `inet_diag_msg`."""


def user_of(end: Address, other: Address) -> int | None:
    """The user who has the socket at one end of a connection; None where the system does not tell, or has none.

    A socket of IPv6 with an IPv4 address, as Java has them, is found, too.
    """
    addresses = b"".join(socket.inet_aton(host).ljust(_ADDRESS_BYTES, b"\0") for host, _ in (end, other))
    asked = _REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, _ANY) + _PORTS.pack(end[1], other[1]) + addresses
    asked += _REST.pack(0, _ANY, _ANY)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
            kernel.sendto(_MESSAGE.pack(_MESSAGE.size + len(asked), _BY_FAMILY, _IS_REQUEST, 0, 0) + asked, (0, 0))
            answer = kernel.recv(1024, socket.MSG_DONTWAIT)
    except (OSError, AttributeError):  # not Linux, or its kernel has none of it
        return None
    is_found = _MESSAGE.unpack_from(answer)[1] == _BY_FAMILY
    return int(_USER.unpack_from(answer, _USER_AT)[0]) if is_found else None


def is_own(peer: Address, own: Address, user: Callable[[Address, Address], int | None] = user_of) -> bool:
    """Whether the other end belongs to the user of this process.

    Where the system knows our end and not the other one, that is in another network, or closed. Where it knows neither,
    it does not tell, and everyone who can reach the port may connect.
    """
    found = user(peer, own)
    return user(own, peer) is None if found is None else found == os.getuid()
