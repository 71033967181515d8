"""How far behind its speaker a recording is, and what is therefore left out of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from webapp.load import Load

FRESH_S = 0.25  # behind by more, and something newer came already: it waits for that
STALE_S = 0.5  # behind by more: windows are skipped
LOSE_ABOVE_S = 0.6  # behind by more, though windows were skipped: sound is lost
LOSE_UNTIL_S = 0.3  # enough for one more window
PATIENCE_S = 0.5  # how long skipping windows may try to win it back alone
JUDGED_EACH_S = 0.5  # a window is judged all the same, so that nobody's chart stands still
SELDOM_S = 1.5  # where something newer is always left over, an older one is judged after so long
VISIT_S = 0.05  # more between two chunks: they were not worked off together
DRIFT = 0.001  # how much slower than the server's a sound card's clock may be
FORGET = 2.0  # seconds a second: what is late though the server had time was recorded late
AHEAD_S = 0.5  # who sends ahead of time is not late when that is used up
LONGEST_GAP_S = 0.25  # between chunks that come as they are recorded


class Care(Enum):
    """What is done with a chunk."""

    ALL = "every window is judged"
    NEWEST = "the newest window is judged, if it completes one"
    WAIT = "it waits, undecoded, for something newer that is already there"
    NONE = "it is heard, and no window judged"
    LOST = "it is not even decoded"


class Pace:
    """Watches one recording's chunks.

    A chunk's offset is the time since the recording began less the audio received until then; it is
    late by as much as its offset exceeds the least one so far. That least one creeps upwards, as
    clocks differ. It does so fast while the server has time to spare and chunks come as steadily as
    they are recorded: then nothing waits anywhere, and the recorder has made a break of its own.

    A loop that is overloaded comes to each recording once a round and finds several chunks: the
    older ones wait for the newest, and of what they complete together the newest window is judged.

    Parameters
    ----------
    load : Load
        Tells whether the server has had time.
    now : float
        Seconds, monotonic.
    more_came : callable
        Tells whether something newer is already waiting behind the chunk in hand.
    """

    __slots__ = (
        "_at",
        "_began",
        "_judged_at",
        "_least",
        "_load",
        "_losing",
        "_more_came",
        "_newer",
    )

    def __init__(self, load: Load, now: float, *, more_came: Callable[[], bool] = bool) -> None:
        self._load = load
        self._more_came = more_came
        self.begin(now, 0.0)

    def begin(self, now: float, audio_s: float) -> None:
        """Begin, or begin anew after a pause, with so much audio received."""
        self._began = now - audio_s
        self._at = self._judged_at = now
        self._least = float("inf")
        self._losing = self._newer = False

    def judged(self, now: float) -> None:
        """Note that a window was judged."""
        self._judged_at = now

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
        waits, was_left = self._newer, self._newer and gap_s > VISIT_S
        self._newer = False
        if behind_s <= FRESH_S and not self._losing and not waits:
            return Care.ALL
        more_came = self._more_came()
        free = now - self._load.free_at < behind_s  # there was time since it should have come
        if behind_s <= STALE_S and not self._losing and (not more_came or (free and not waits)):
            return Care.NEWEST if waits else Care.ALL
        self._newer = more_came
        if free:
            self._least += FORGET * min(gap_s, LONGEST_GAP_S)
        toil_s = self._load.toil(now)
        self._losing = not free and (
            self._losing or (behind_s > LOSE_ABOVE_S and toil_s > PATIENCE_S)
        )
        if more_came:
            if not was_left and not self._losing:
                return Care.WAIT
            judges = was_left and now - self._judged_at >= SELDOM_S
        elif self._losing and behind_s <= LOSE_UNTIL_S:
            self._losing = False
            judges = True
        else:
            judges = now - self._judged_at >= JUDGED_EACH_S
        if judges:
            return Care.NEWEST
        return Care.LOST if self._losing else Care.NONE
