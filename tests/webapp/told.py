"""A live session by a clock that is set by hand, and everything that it tells its client."""

from __future__ import annotations

from webapp.load import Load
from webapp.protocol import Start
from webapp.recording import Tally
from webapp.session import LiveSession
from webapp.settings import Settings


class Told:
    """A session by a clock that is set by hand."""

    def __init__(self, recognizer, **start):
        self.now = 1000.0
        self.tally = Tally()
        self.load = Load()
        self.session = LiveSession(
            recognizer, Settings(), clock=lambda: self.now, tally=self.tally, load=self.load
        )
        self.messages = []
        self.session.start(Start("audio/webm;codecs=opus", **start))

    def hear(self, chunk, *, after_s):
        self.now += after_s
        self.messages += self.session.audio(chunk.data)

    def of(self, event):
        return [data for name, data in self.messages if name == event]

    @property
    def problems(self):
        return self.of("problem")
