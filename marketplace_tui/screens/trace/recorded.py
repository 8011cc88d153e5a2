"""The stream of a recording: the records until a position in time, which is moved by keys, or plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace.moments import HINT, moment_of
from marketplace_tui.model.trace.playback import Playback
from marketplace_tui.screens.everywhere.dialogs import Form, FormField
from marketplace_tui.screens.trace import recorded_text as text
from marketplace_tui.screens.trace.stream import StreamScreen
from marketplace_tui.text.lines import Line


def events_of(marketplace: Marketplace) -> StreamScreen:
    """The stream of a marketplace, or of the recording that is looked at in place of one."""
    recording = marketplace.recording
    return StreamScreen(marketplace) if recording is None else RecordedScreen(marketplace, recording)


class RecordedScreen(StreamScreen):
    """The stream with the position in a recording: after each move the newest record is selected."""

    def __init__(self, marketplace: Marketplace, playback: Playback) -> None:
        super().__init__(marketplace)
        self.playback = playback

    def do_recording_play(self) -> None:
        """Play, or stand still."""
        self.tail = True
        self.playback.play(not self.playback.plays)

    def do_recording_on(self) -> None:
        """The next record."""
        self._step(True)

    def do_recording_back(self) -> None:
        """The record before."""
        self._step(False)

    def do_recording_part_on(self) -> None:
        """A twentieth on."""
        self._skip(1)

    def do_recording_part_back(self) -> None:
        """A twentieth back."""
        self._skip(-1)

    def do_recording_faster(self) -> None:
        """Play faster."""
        self.playback.change_factor(1)

    def do_recording_slower(self) -> None:
        """Play slower."""
        self.playback.change_factor(-1)

    def do_recording_time(self) -> None:
        """Ask for a time, and go there."""
        recording = self.playback.recording

        def submitted(form: Form, values: Mapping[str, str]) -> None:
            try:
                moment = moment_of(values["time"], recording.first, recording.last)
            except ValueError as error:
                form.refused(str(error), {})
                return
            form.done()
            self.tail = True
            self.playback.move_to(moment)

        self.app.push_screen(Form("Go to a time", [FormField("time", "Time")], submitted, explanation=HINT))

    def nothing(self, width: int) -> Sequence[Line]:
        """The lines where there is no record."""
        assert self.model is not None
        return text.nothing(self.playback, self.model, width)

    def _step(self, forward: bool) -> None:
        if self.model is not None:
            self.tail = True
            self.playback.step(forward, self.model.passes)

    def _skip(self, parts: int) -> None:
        self.tail = True
        self.playback.skip(parts)

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return [] if self.model is None else text.head(self.playback, self.model, width, flat=self.client_app.flat)
