"""Something that tells its watchers when it changed."""

from __future__ import annotations

from collections.abc import Callable


class Watched:
    """Calls each watcher after a change, at most once for each call of `changed`."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` after every change; the answer ends that."""
        self._watchers.append(watcher)

        def end() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return end

    def changed(self) -> None:
        """Tell all watchers."""
        for watcher in tuple(self._watchers):
            watcher()
