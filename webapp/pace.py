"""How far behind its speaker a recording is, and what is therefore left out of it."""

from __future__ import annotations

from enum import Enum

from webapp.load import Load

STALE_S = 0.5  # behind by more: windows are skipped
LOSE_ABOVE_S = 0.6  # behind by more, though windows were skipped: sound is lost
LOSE_UNTIL_S = 0.3  # enough for one more window
PATIENCE_S = 0.5  # how long skipping windows may try to win it back alone
JUDGED_EACH_S = 0.5  # a window is judged all the same, so that nobody's chart stands still
SELDOM_S = 1.0  # where sound is lost too: each of these windows needs some of it
DRIFT = 0.001  # how much slower than the server's a sound card's clock may be
FORGET = 2.0  # seconds a second: what is late though the server had time was recorded late
FREE_S = 0.75  # so recently the server must have had time
AHEAD_S = 0.5  # who sends ahead of time is not late when that is used up
LONGEST_GAP_S = 0.25  # between chunks that come as they are recorded


class Care(Enum):
    """What is done with a chunk."""

    ALL = "every window is judged"
    NEWEST = "the newest window is judged, if it completes one"
    NONE = "it is heard, and no window judged"
    LOST = "it is not even decoded"


class Pace:
    """Watches one recording's chunks.

    A chunk's offset is the time since the recording began less the audio received until then; it is
    late by as much as its offset exceeds the least one so far. That least one creeps upwards, as
    clocks differ. It does so fast while the server has time to spare and chunks come as steadily as
    they are recorded: then nothing waits anywhere, and the recorder has made a break of its own.

    Parameters
    ----------
    load : Load
        Tells whether the server has had time.
    now : float
        Seconds, monotonic.
    """

    __slots__ = ("_at", "_began", "_judged_at", "_least", "_load", "_losing", "_put_off")

    def __init__(self, load: Load, now: float) -> None:
        self._load = load
        self.begin(now, 0.0)

    def begin(self, now: float, audio_s: float) -> None:
        """Begin, or begin anew after a pause, with so much audio received."""
        self._began = now - audio_s
        self._at = self._judged_at = now
        self._least = float("inf")
        self._losing = self._put_off = False

    def judged(self, now: float) -> None:
        """Note that a window was judged."""
        self._judged_at = now
        self._put_off = False

    def care(self, now: float, audio_s: float) -> Care:
        """Return what to do with a chunk.

        Parameters
        ----------
        now : float
            Seconds, monotonic.
        audio_s : float
            Seconds of audio received, those of this chunk too.
        """
        offset = now - self._began - audio_s
        gap_s = now - self._at
        self._at = now
        least = self._least + DRIFT * gap_s
        if offset < least:
            least = max(offset, -AHEAD_S)
        self._least = least
        behind_s = offset - least
        if behind_s <= STALE_S and not (self._losing and behind_s > LOSE_UNTIL_S):
            self._losing = False
            return Care.ALL
        return self._late(now, behind_s, gap_s)

    def _late(self, now: float, behind_s: float, gap_s: float) -> Care:
        toil_s = self._load.toil(now)
        free = now - self._load.free_at < FREE_S
        if free:
            self._least += FORGET * min(gap_s, LONGEST_GAP_S)
        self._losing = not free and (
            self._losing or (behind_s > LOSE_ABOVE_S and toil_s > PATIENCE_S)
        )
        if gap_s > JUDGED_EACH_S and not self._put_off:
            self._judged_at = now  # what waits behind this is newer, and comes at once
            self._put_off = True
        if now - self._judged_at >= (SELDOM_S if self._losing else JUDGED_EACH_S):
            return Care.NEWEST
        return Care.LOST if self._losing else Care.NONE
