"""The exception of the audio package, and the warnings of a decoding that goes on."""

from __future__ import annotations

from dataclasses import dataclass

UNSUPPORTED = "unsupported_media"
UNDECODABLE = "undecodable"
EMPTY = "empty"
TOO_LONG = "too_long"


DAMAGED = "damaged"
TRAILING = "trailing"
TRUNCATED = "truncated"
JOINED = "joined"
GAP = "gap"
OTHER_TRACK = "other_track"


@dataclass(frozen=True)
class AudioWarning:
    """Report a fault that did not stop the decoding.

    Parameters
    ----------
    code
        ``damaged``: the decoder left out unreadable bytes, or played a packet whose checksum is
        wrong. ``trailing``: bytes at the end of the file are no sound that can be read, and were
        left out. ``truncated``: the file ends in the middle of its sound. ``joined``: another
        recording follows in the same file; the decoder plays it too. ``gap``: the timestamps jump;
        silence fills the gap. ``other_track``: the first readable sound track has no sound, and
        the decoder plays another.
    message
        One sentence for the person who sent the bytes.
    at_s
        Position in the decoded sound, seconds; None where no position is known.
    """

    code: str
    message: str
    at_s: float | None = None


class AudioError(Exception):
    """Bytes that cannot become samples.

    Parameters
    ----------
    code
        ``unsupported_media`` (a kind of file or stream that is not read, or that holds no sound),
        ``undecodable`` (the right kind, but damaged), ``empty`` (no audio at all) or ``too_long``.
    message
        One sentence for the person who sent the bytes.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def undecodable(message: str) -> AudioError:
    """Make the error for damaged bytes."""
    return AudioError(UNDECODABLE, message)


def unsupported(message: str) -> AudioError:
    """Make the error for what is not read at all."""
    return AudioError(UNSUPPORTED, message)
