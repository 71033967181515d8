"""Several frames in one Matroska block."""

from __future__ import annotations

from webapp.audio.errors import undecodable

XIPH, FIXED, EBML = 1, 2, 3


def split_lace(body: bytes, *, kind: int) -> list[bytes]:
    """Take a laced block apart (RFC 9559, section 10.3).

    Parameters
    ----------
    body
        What follows the block's header, beginning with the number of frames less one.
    kind
        1 Xiph, 2 fixed-size, 3 EBML lacing.

    Raises
    ------
    AudioError
        ``undecodable`` where the sizes do not add up.
    """
    try:
        count = body[0] + 1
        pos = 1
        sizes: list[int] = []
        if kind == FIXED:
            sizes = [(len(body) - 1) // count] * (count - 1)
            if (len(body) - 1) % count:
                raise undecodable("A WebM block is damaged: its frames do not fill it.")
        elif kind == XIPH:
            for _ in range(count - 1):
                size = 0
                while body[pos] == 255:
                    size += 255
                    pos += 1
                sizes.append(size + body[pos])
                pos += 1
        else:
            for index in range(count - 1):
                length = 9 - body[pos].bit_length()
                if length > 8 or pos + length > len(body):
                    raise undecodable("A WebM block is damaged: a frame has no size.")
                value = int.from_bytes(body[pos : pos + length], "big") & ((1 << 7 * length) - 1)
                pos += length
                # After the first, sizes are differences, shifted to be positive.
                sizes.append(sizes[-1] + value - ((1 << (7 * length - 1)) - 1) if index else value)
    except IndexError:
        raise undecodable("A WebM block is damaged: it ends too early.") from None
    frames = []
    for size in sizes:
        # Empty frames would let a block of ten bytes claim half a minute of sound.
        if size <= 0 or pos + size >= len(body):
            raise undecodable("A WebM block is damaged: its frames do not fit.")
        frames.append(body[pos : pos + size])
        pos += size
    if pos >= len(body):
        raise undecodable("A WebM block is damaged: its frames do not fit.")
    frames.append(body[pos:])
    return frames
