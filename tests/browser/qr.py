"""Reads a QR code from its modules, so that the page's encoder is not its own judge.

After ISO/IEC 18004. Versions 1 to 8, of an undamaged picture: errors are not corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Modules = npt.NDArray[np.bool_]

# Data codewords of each block, by version and level.
BLOCKS: dict[int, dict[str, list[int]]] = {
    1: {"L": [19], "M": [16], "Q": [13], "H": [9]},
    2: {"L": [34], "M": [28], "Q": [22], "H": [16]},
    3: {"L": [55], "M": [44], "Q": [17] * 2, "H": [13] * 2},
    4: {"L": [80], "M": [32] * 2, "Q": [24] * 2, "H": [9] * 4},
    5: {"L": [108], "M": [43] * 2, "Q": [15] * 2 + [16] * 2, "H": [11] * 2 + [12] * 2},
    6: {"L": [68] * 2, "M": [27] * 4, "Q": [19] * 4, "H": [15] * 4},
    7: {"L": [78] * 2, "M": [31] * 4, "Q": [14] * 2 + [15] * 4, "H": [13] * 4 + [14]},
    8: {
        "L": [97] * 2,
        "M": [38] * 2 + [39] * 2,
        "Q": [18] * 4 + [19] * 2,
        "H": [14] * 4 + [15] * 2,
    },
}
LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
FORMAT_MASK = 0b101010000010010
MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def modules_of(picture: npt.NDArray[np.uint8], across: int, quiet: int = 4) -> Modules:
    """Return the dark modules of a grey picture, `across` of them wide with the quiet zone."""
    centres = ((np.arange(across) + 0.5) * len(picture) / across).astype(int)
    dark = picture[np.ix_(centres, centres)] < 128
    around = np.ones_like(dark)
    around[quiet:-quiet, quiet:-quiet] = False
    assert not dark[around].any(), "the quiet zone is not light"
    return dark[quiet:-quiet, quiet:-quiet]


def read(code: Modules) -> str:
    """Return the text of a code."""
    size = len(code)
    version = (size - 17) // 4
    assert size == 17 + 4 * version, f"no code is {size} modules wide"
    assert version in BLOCKS, f"version {version} is not known here"
    form = [code[8, x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [
        code[y, 8] for y in (7, 5, 4, 3, 2, 1, 0)
    ]
    told = _number(form) ^ FORMAT_MASK
    level, mask = LEVELS[told >> 13], MASKS[told >> 10 & 7]
    fixed = _fixed(size, version)
    bits = [bool(code[y, x]) != (mask(y, x) == 0) for y, x in _path(size) if not fixed[y, x]]
    words = [_number(bits[k : k + 8]) for k in range(0, len(bits) - 7, 8)]
    return _text(_blocks(words, BLOCKS[version][level]))


def _number(bits: Iterable[object]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _fixed(size: int, version: int) -> Modules:
    """Return where no data is: the squares, their lines, and what tells format and version."""
    fixed = np.zeros((size, size), bool)
    fixed[:9, :9] = fixed[:9, -8:] = fixed[-8:, :9] = True
    fixed[6] = fixed[:, 6] = True
    centres = {1: [], 7: [6, 22, 38], 8: [6, 24, 42]}.get(version, [6, size - 7])
    for y in centres:
        for x in centres:
            if (y, x) not in ((6, 6), (6, size - 7), (size - 7, 6)):
                fixed[y - 2 : y + 3, x - 2 : x + 3] = True
    if version >= 7:
        fixed[:6, -11:-8] = fixed[-11:-8, :6] = True
    return fixed


def _path(size: int) -> Iterator[tuple[int, int]]:
    """Yield the modules in the order of the data: pairs of columns, upwards and down by turns."""
    rights = [*range(size - 1, 6, -2), 5, 3, 1]  # the upright line between them is passed over
    for turn, right in enumerate(rights):
        for y in range(size) if turn % 2 else range(size - 1, -1, -1):
            yield y, right
            yield y, right - 1


def _blocks(words: list[int], lengths: list[int]) -> str:
    """Return the data's bits, the blocks one after another."""
    blocks: list[list[int]] = [[] for _ in lengths]
    stream = iter(words)
    for place in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if place < length:
                block.append(next(stream))
    return "".join(f"{word:08b}" for block in blocks for word in block)


def _text(bits: str) -> str:
    at = 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    text = ""
    while len(bits) - at >= 4 and (mode := take(4)):
        if mode == 4:
            text += bytes(take(8) for _ in range(take(8))).decode()
        elif mode == 2:
            length = take(9)
            for _ in range(length // 2):
                pair = take(11)
                text += ALPHANUMERIC[pair // 45] + ALPHANUMERIC[pair % 45]
            text += ALPHANUMERIC[take(6)] if length % 2 else ""
        elif mode == 1:
            length = take(10)
            for digits in [3] * (length // 3) + [length % 3] * bool(length % 3):
                text += f"{take({3: 10, 2: 7, 1: 4}[digits]):0{digits}}"
        elif mode == 7:
            take(8)
        else:
            raise AssertionError(f"mode {mode} is not known here")
    return text
