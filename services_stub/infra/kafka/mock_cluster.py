"""The mock cluster of librdkafka, by ctypes: a Kafka broker in memory that speaks the real protocol over TCP.

librdkafka listens on a port of its own choice. This module puts a listening socket of the wanted port in its place (the
broker polls a descriptor, and the socket behind a descriptor can be exchanged), so that the port survives restarts.
Connections are refused in the same way: the listener is exchanged for one on an unknown port, and connections are cut.

The broker's thread carries out calls one by one, and now and then misses the wakeup for one; it would then look a
second later. So a call wakes it again and again until it is carried out.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

HOST = "127.0.0.1"
_BROKER = 1
_PRODUCER = 0
_CONF_OK = 0
_BACKLOG = 256
_MESSAGE_BYTES = 512
_WARNING = b"4"
_SCANNED_FDS = 4096
_WAKEUP_SECONDS = 0.002
_ALL_SIGNALS = set(signal.Signals)

_SIGNATURES: dict[str, tuple[object, Sequence[object]]] = {
    "rd_kafka_conf_new": (ctypes.c_void_p, ()),
    "rd_kafka_conf_set": (
        ctypes.c_int,
        (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t),
    ),
    "rd_kafka_new": (ctypes.c_void_p, (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)),
    "rd_kafka_err2str": (ctypes.c_char_p, (ctypes.c_int,)),
    "rd_kafka_mock_cluster_new": (ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_int)),
    "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, (ctypes.c_void_p,)),
    "rd_kafka_mock_topic_create": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int)),
    "rd_kafka_mock_broker_set_rtt": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int)),
    "rd_kafka_mock_broker_set_host_port": (
        None,
        (ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int),
    ),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (ctypes.c_void_p, ctypes.c_int32)),
    "rd_kafka_mock_push_request_errors_array": (
        None,
        (ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)),
    ),
    "rd_kafka_mock_clear_request_errors": (None, (ctypes.c_void_p, ctypes.c_int16)),
}


class MockClusterError(Exception):
    """librdkafka refused; the message is its own."""


class MockCluster:
    """One broker on a port of our choice. `library` is a file that is, or is linked with, librdkafka."""

    def __init__(self, library: str, port: int) -> None:
        self._library = _bind(library)
        self._port = port
        self._delay = 0
        self._accepts = False
        self._caller = ThreadPoolExecutor(1, "mock-cluster")
        with _signals_blocked():
            self._caller.submit(int).result()  # starts its thread
            self._cluster = self._new()
        bootstrap: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self._listener = _listener_of(int(bootstrap.rsplit(b":", 1)[1]))
        self.refuse_connections()
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self._library.rd_kafka_mock_broker_set_host_port(self._cluster, _BROKER, HOST.encode(), port)

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic."""
        self._call("rd_kafka_mock_topic_create", name.encode(), partitions, 1)

    def accept_connections(self) -> None:
        """Listen on the port. A second listener there would be refused, so this does nothing where there is one."""
        if not self._accepts:
            with _listening(self._port) as replacement:
                self._replace_listener(replacement)
            self._accepts = True

    def refuse_connections(self) -> None:
        """Refuse new connections and cut the present ones; the records stay."""
        with _listening(0) as replacement:
            self._replace_listener(replacement)
        self._accepts = False
        for connection in _sockets_at(self._port):
            with connection, contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def set_delay(self, milliseconds: int) -> None:
        """Hold every answer back by so much."""
        self._delay = milliseconds
        self._call("rd_kafka_mock_broker_set_rtt", _BROKER, milliseconds)

    def push_errors(self, api_key: int, errors: Sequence[int]) -> None:
        """Answer the next requests of a kind with these error codes, after those that are left."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, api_key, len(errors), codes)

    def clear_errors(self, api_key: int) -> None:
        """Answer the requests of a kind without errors again."""
        self._library.rd_kafka_mock_clear_request_errors(self._cluster, api_key)

    def _new(self) -> ctypes.c_void_p:
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        configuration = self._library.rd_kafka_conf_new()
        for key, value in ((b"log_level", _WARNING), (b"client.id", b"embedded-broker")):
            if self._library.rd_kafka_conf_set(configuration, key, value, message, _MESSAGE_BYTES) != _CONF_OK:
                raise MockClusterError(message.value.decode())
        handle = self._library.rd_kafka_new(_PRODUCER, configuration, message, _MESSAGE_BYTES)
        if not handle:
            raise MockClusterError(message.value.decode())
        pipes = set(_own_pipes())
        cluster = self._library.rd_kafka_mock_cluster_new(handle, 1)
        self._wakeup_pipes = [descriptor for descriptor in _own_pipes() if descriptor not in pipes]
        if not cluster:
            raise MockClusterError("the broker could not be created")
        return ctypes.c_void_p(cluster)

    def _replace_listener(self, replacement: socket.socket) -> None:
        os.dup2(replacement.fileno(), self._listener, inheritable=False)
        # The broker's thread may be polling the old listener: a call makes it look again.
        self.set_delay(self._delay)

    def _call(self, function: str, *arguments: object) -> None:
        call: Future[int] = self._caller.submit(getattr(self._library, function), self._cluster, *arguments)
        while not wait((call,), _WAKEUP_SECONDS).done:
            for pipe in self._wakeup_pipes:
                with contextlib.suppress(BlockingIOError):
                    os.write(pipe, b"1")
        if call.result():
            text: bytes = self._library.rd_kafka_err2str(call.result())
            raise MockClusterError(text.decode())


def _bind(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Threads made inside never handle a signal.

    One that interrupts its poll would end the broker's thread, and one that any thread but the main one gets would not
    wake the main one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        yield listener


def _listener_of(port: int) -> int:
    """The descriptor of this process that listens on the port."""
    for descriptor, end in _own_sockets():
        with end:
            if end.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and end.getsockname()[1] == port:
                return descriptor
    raise MockClusterError("the broker's listener was not found")


def _sockets_at(port: int) -> list[socket.socket]:
    """Duplicates of this process's sockets whose local end is the port."""
    found = []
    for _, end in _own_sockets():
        if end.getsockname()[1] == port:
            found.append(end)
        else:
            end.close()
    return found


def _own_pipes() -> Iterator[int]:
    """The descriptors of this process at which a pipe is written to."""
    for descriptor in range(3, _SCANNED_FDS):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode) and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_WRONLY:
                yield descriptor


def _own_sockets() -> Iterator[tuple[int, socket.socket]]:
    for descriptor in range(3, _SCANNED_FDS):
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            end = socket.socket(fileno=os.dup(descriptor))
        except OSError:
            continue
        if end.family == socket.AF_INET and end.type == socket.SOCK_STREAM:
            yield descriptor, end
        else:
            end.close()
