"""What is counted and logged of recordings, as they come and go."""

from __future__ import annotations

import logging

from webapp.logs import tell
from webapp.meter import NOT_SOUND, Meter
from webapp.protocol import ProtocolError
from webapp.recording import Tally
from webapp.session import Ended
from webapp.visitor import Visitor

log = logging.getLogger(__name__)


class Journal:
    """Counts and logs.

    Parameters
    ----------
    meter : Meter
    tally : Tally
        What the recordings took, to be counted whenever one ends.
    addresses : bool
        Whether a client's address may be logged.
    """

    def __init__(self, meter: Meter, tally: Tally, *, addresses: bool) -> None:
        self._meter = meter
        self._tally = tally
        self._addresses = addresses

    def began(self, session: str, visitor: Visitor) -> None:
        """Note a recording that was let in."""
        self._meter.began()
        address = visitor.address if self._addresses else None
        tell(log, "session_began", "A recording began.", session=session, address=address)

    def refused(self, error: ProtocolError, visitor: Visitor) -> None:
        """Note a recording that was not let in."""
        self._meter.refused(error.code, error.cause)
        if error.code in visitor.refusals:  # who tries on and on is counted, not written down
            return
        visitor.refusals.add(error.code)
        address = visitor.address if self._addresses else None
        sentence = "A recording was not let in."
        tell(
            log, "session_refused", sentence, reason=error.code, cause=error.cause, address=address
        )

    def ended(self, ended: Ended) -> None:
        """Note a recording that is over, and what could not be decoded."""
        self._meter.took(self._tally)
        self._meter.ended(ended.reason)
        if ended.reason in NOT_SOUND:
            tell(
                log,
                "decode_failed",
                "A recording could not be decoded.",
                session=ended.session,
                door="live",
                kind=ended.reason,
            )
        tell(
            log,
            "session_ended",
            "A recording ended.",
            session=ended.session,
            reason=ended.reason,
            seconds=round(ended.audio_s, 3),
            windows=ended.windows,
        )

    def flooded(self, session: str, visitor: Visitor) -> None:
        """Note a connection that was ended because it sent events much too fast."""
        address = visitor.address if self._addresses else None
        sentence = "A connection that sent far too many events was ended."
        tell(log, "flood", sentence, session=session or None, address=address)
