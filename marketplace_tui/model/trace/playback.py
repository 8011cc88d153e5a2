"""A recording as it is looked at: the records until a position in time, which is moved, or goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.reader import Reader
from simulator.trace import Flow, Seen, TracedRecord
from simulator.trace.recording import NoRecording
from simulator.trace.timed import TimedRecording
from simulator.trace.topology import WINDOW_SECONDS

FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
"""How fast a recording plays, of its own pace."""

PARTS = 20
"""A coarse step is so small a part of the recording."""

MOST_READ = 5_000
"""After a jump so many records can be looked at, the newest until there; the others have given way."""

TICK_SECONDS = 0.1
_SECOND = 1_000_000


class Playback(Reader):
    """The records of a recording until `at`, in microseconds of Unix time; `count` is how many were handed out.

    `share` says how much of the file was read, until `is_open`. It `plays` at `factor` of its own pace. Flows are
    whole, wherever the position is.
    """

    def __init__(self, tasks: Tasks, path: Path, clock: Callable[[], float]) -> None:
        """Open it.

        Raises:
            NoRecording: it is none.
            OSError: it cannot be read.
        """
        super().__init__()
        self.recording = TimedRecording(path)
        self.share = 0.0
        self.at = self.count = 0
        self.plays = False
        self.factor = 1.0
        self._tasks, self._clock = tasks, clock
        self._told = -1
        """The position of which watchers were told last."""
        self._begins_anew = False
        """Whether they must be told of everything again."""
        self._opening: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._playing: asyncio.Task[None] | None = None
        self._stepping = asyncio.Lock()
        self._is_closed = False

    def start(self) -> None:
        """Find all records, and go to the end; where they are known, tell of them anew."""
        self._begins_anew, self._is_closed = True, False
        if self.is_open:
            self._wake()
        elif self._opening is None or self._opening.done():
            self._opening = self._tasks.start(self._open())

    def close(self) -> None:
        """Stand still, for as long as nothing looks."""
        self.plays, self._is_closed = False, True

    def end(self) -> None:
        """Let go of the file."""
        self.close()
        self.recording.close()

    def flow(self, flow_id: str) -> Flow | None:
        """The whole flow of an id. For threads: it looks through the file."""
        try:
            return self.recording.flow(flow_id)
        except NoRecording:
            return None  # the problem is told of where records are handed out

    def seen(self, now: int) -> Seen:  # noqa: ARG002 - the present of a recording is its end
        """The circumstances of flows at the end of the recording."""
        return self.recording.seen()

    def move_to(self, moment: int) -> None:
        """Go to a moment, or to the nearest that the recording has."""
        self.at = min(max(moment, self.recording.first), self.recording.last)
        self._wake()

    def step(self, forward: bool, passes: Callable[[TracedRecord], bool]) -> None:
        """Go on to the next record that passes, or back to the one before; records of one moment are one step."""
        self._tasks.start(self._step(forward, passes))

    def skip(self, parts: int) -> None:
        """Go so many coarse steps on, or back."""
        self.move_to(self.at + parts * max((self.recording.last - self.recording.first) // PARTS, 1))

    def play(self, plays: bool) -> None:
        """Go on at the pace of the recording, from its beginning where it is at its end; or stand still."""
        self.plays = plays and self.is_open
        if self.plays and self.at >= self.recording.last:
            self.move_to(self.recording.first)
        if self.plays and (self._playing is None or self._playing.done()):
            self._playing = self._tasks.start(self._play(), lasting=True)
        self.changed_state()

    def change_factor(self, by: int) -> None:
        """Play faster, or slower."""
        index = FACTORS.index(self.factor) + by
        self.factor = FACTORS[min(max(index, 0), len(FACTORS) - 1)]
        self.changed_state()

    def changed_state(self) -> None:
        """Tell watchers of another state, without records."""
        self.tell((), frozenset())

    async def following(self, opened: Callable[[], None]) -> AsyncGenerator[list[TracedRecord], None]:
        """The records of the last minute before the position, and then those that are handed out."""
        opened()
        came: asyncio.Queue[list[TracedRecord]] = asyncio.Queue()
        end = self.watch(lambda: came.put_nowait([*self.latest]) if self.latest else None)
        try:
            start, count = self.recording.count_until(self.at - WINDOW_SECONDS * _SECOND), self.count
            yield await asyncio.to_thread(self.recording.records, min(start, count), count)
            while True:
                yield await came.get()
        finally:
            end()

    async def _step(self, forward: bool, passes: Callable[[TracedRecord], bool]) -> None:
        async with self._stepping:  # one after the other, however fast the keys come
            try:
                moment = await asyncio.to_thread(self._next_moment, forward, passes)
            except (NoRecording, OSError) as error:
                self._fail(error)
            else:
                self.move_to(moment)

    def _next_moment(self, forward: bool, passes: Callable[[TracedRecord], bool]) -> int:
        recording = self.recording
        found = recording.next_time(self.at, passes) if forward else recording.time_before(self.at + 1, passes)
        if not forward and found is not None:
            found = recording.time_before(found, passes)
        return found if found is not None else recording.last if forward else recording.first

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()

        def tell(share: float) -> bool:
            loop.call_soon_threadsafe(self._note_share, share)
            return not self._is_closed

        try:
            await asyncio.to_thread(self.recording.find_all, tell)
        except (NoRecording, OSError) as error:
            self._fail(error)
            return
        if not self._is_closed:
            self.is_open, self.problem = True, ""
            self.move_to(self.recording.last)

    def _note_share(self, share: float) -> None:
        self.share = share
        self.changed_state()

    def _wake(self) -> None:
        """Hand out the records until the position; where that is being done, it goes on until there."""
        if self._reading is None or self._reading.done():
            self._reading = self._tasks.start(self._hand_out())

    async def _hand_out(self) -> None:
        while self._begins_anew or self._told != self.at:
            at, follows, self._begins_anew = self.at, not self._begins_anew, False
            count = self.recording.count_until(at)
            follows = follows and 0 <= count - self.count <= MOST_READ
            start = self.count if follows else max(0, count - MOST_READ)
            try:
                records = await asyncio.to_thread(self.recording.records, start, count)
            except (NoRecording, OSError) as error:
                self._fail(error)
                return
            self._told, self.count = at, count
            self.tell(records, frozenset(), None if follows else start)

    async def _play(self) -> None:
        last = self._clock()
        while self.plays and self.at < self.recording.last:
            await asyncio.sleep(TICK_SECONDS)
            now = self._clock()
            if self.plays:
                self.move_to(self.at + round((now - last) * self.factor * _SECOND))
            last = now
        if self.at >= self.recording.last:
            self.plays = False
            self.changed_state()

    def _fail(self, error: Exception) -> None:
        self.plays, self.problem = False, str(error)
        self.changed_state()
