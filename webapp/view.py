"""A shared view: what somebody's voice sounds like, for those to see who were given its link."""

from __future__ import annotations

import json
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from webapp.protocol import Json

KEPT = 240  # predictions that who comes late is shown: a minute
TOKEN_BYTES = 18
TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")

PREDICTION, RECORDING, ANEW = "prediction", "recording", "anew"
Item = tuple[str, int, Any]
"""PREDICTION, its number, the object or its JSON; or RECORDING, 0, whether somebody is heard; or
ANEW, 0, None: what follows is of another recording."""


def new_token() -> str:
    """Return what nobody can guess: 144 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def places(token: str) -> str:
    """Return the key under which those who watch a view are counted."""
    return f"watch:{token}"


def is_token(text: str) -> bool:
    """Return whether a text could be the token of a view."""
    return TOKEN.fullmatch(text) is not None


@dataclass(eq=False)
class View:
    """A view as one worker knows it.

    Attributes
    ----------
    token : str
    speaker : str or None
        The connection that shares it; None if that is another worker's.
    recording : bool
        Whether a recording is under way and not paused, as those who watch have been told.
    interrupted : bool
        Whether nothing can come from the worker of the speaker.
    number : int
        How many predictions there have been; the last one's number.
    past : deque of (int, str)
        The last ones of this recording, each with its number, as JSON.
    pending : deque of Item
        What those who watch are still to be told; of too much the oldest goes.
    watchers : dict
        Who watches on this worker, and the lease of each.
    ended : str or None
        Why it has ended.
    """

    token: str
    speaker: str | None
    recording: bool = False
    interrupted: bool = False
    number: int = 0
    past: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    pending: deque[Item] = field(default_factory=lambda: deque(maxlen=KEPT))
    watchers: dict[str, str] = field(default_factory=dict)
    ended: str | None = None
    due: bool = False  # whether those who watch are about to be told
    noted: bool = False  # whether a recording is under way, as the speaker's events told
    seq: int = -1  # the speaker's last prediction's own number, which begins anew
    counted: int = 0  # how many watch, as the speaker was told
    told_interrupted: bool = False
    stale: bool = False  # something that Redis has did not arrive
    seen: tuple[bool, int] = (False, 0)  # what Redis had when it was last looked at

    def note(self, messages: list[tuple[str, Json]], *, recording: bool) -> bool:
        """Take in what the speaker is told; return whether those who watch are to be told."""
        if recording and not self.noted:
            self.pending.append((RECORDING, 0, True))
        for event, data in messages:
            if event == PREDICTION:
                if data["seq"] <= self.seq:
                    self.pending.append((ANEW, 0, None))
                self.seq = data["seq"]
                self.pending.append((PREDICTION, 0, data))
        if self.noted and not recording:
            self.pending.append((RECORDING, 0, False))
        self.noted = recording
        return bool(self.pending)

    def next(self) -> Item | None:
        """Return the oldest of what is pending; None if nothing is."""
        try:
            return self.pending.popleft()
        except IndexError:
            return None

    def take(self, number: int, data: Any) -> tuple[int, str] | None:
        """Return a prediction's number and JSON; None if it is known, or does not follow.

        One that does not follow makes the view stale.
        """
        if self.speaker is not None:
            return self.number + 1, json.dumps(data, separators=(",", ":"))
        if number > self.number + 1:
            self.stale = True
        return (number, data) if number == self.number + 1 else None

    def remember(self, number: int, text: str) -> None:
        """Keep a prediction for who comes late."""
        self.number = number
        self.past.append((number, text))

    def set_recording(self, recording: bool) -> bool:
        """Note whether there is a recording; return whether that is news."""
        news = recording is not self.recording
        self.recording = recording
        return news
