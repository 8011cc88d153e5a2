"""Apache Kafka's jars: fetched once from Maven Central into the user's cache, whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services_stub.infra.config.errors import CannotStart

VERSION = "4.3.1"
_KAFKA = f"org.apache.kafka:kafka_2.13:{VERSION}"
# Kafka logs through slf4j and leaves it to the distribution to bring the bridge to log4j.
_LOG_GROUP, _LOG_CORE, _LOG_BRIDGE = "org.apache.logging.log4j", "log4j-core", "log4j-slf4j-impl"
_DOWNLOADS = 6


def jars(cache: Path, announce: Callable[[str], None]) -> Path:
    """The directory with the jars, fetched first if this machine does not have them yet."""
    target = cache / f"apache-kafka-{VERSION}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"apache-kafka-{VERSION}.lock", announce):
        if not target.is_dir():
            _fetch(target, announce)
    return target


def _fetch(target: Path, announce: Callable[[str], None]) -> None:
    announce(f"Fetching Apache Kafka {VERSION} from Maven Central into {target} (about 45 MB, once).")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as temporary:
        try:
            files = _download(Path(temporary) / "repository", announce)
        except (RuntimeError, OSError) as error:  # what jgo and requests raise
            raise CannotStart(
                f"Apache Kafka could not be fetched from Maven Central: {error}. Check the network and try again, or "
                "start without --kafka apache: the embedded broker needs nothing."
            ) from error
        whole = Path(temporary) / "jars"
        whole.mkdir()
        for file in files:
            shutil.move(file, whole / file.name)
        whole.rename(target)
    announce(f"Apache Kafka {VERSION} is here: {len(files)} jars.")


def _download(repository: Path, announce: Callable[[str], None]) -> list[Path]:
    # In the process that fetches only: importing takes a while.
    import truststore
    from jgo.maven import MavenContext

    truststore.inject_into_ssl()
    context = MavenContext(repo_cache=repository)
    roots, others = context.resolver.resolve([context.create_dependency(_KAFKA)])
    needed = [*roots, *(dependency for dependency in others if dependency.scope in ("compile", "runtime"))]
    artifacts = [dependency.artifact for dependency in needed]
    # Taken by itself: resolved together with Kafka, log4j's own dependency management would change Kafka's versions.
    logging = next(artifact.version for artifact in artifacts if artifact.artifactId == _LOG_CORE)
    artifacts.append(context.project(_LOG_GROUP, _LOG_BRIDGE).at_version(logging).artifact())
    files: list[Path] = []
    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        for file in pool.map(lambda artifact: artifact.resolve(), artifacts):
            files.append(file)
            if len(files) % 10 == 0:
                announce(f"{len(files)} of {len(artifacts)} jars.")
    return files


@contextlib.contextmanager
def _alone(lock: Path, announce: Callable[[str], None]) -> Iterator[None]:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce("Another marketplace is fetching Apache Kafka: waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
