"""The one exception that audio raises."""

from __future__ import annotations

UNSUPPORTED = "unsupported_media"
UNDECODABLE = "undecodable"
EMPTY = "empty"
TOO_LONG = "too_long"


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
