"""Figures and tables as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def number(value: float) -> str:
    """Return a figure with three significant digits; a dash for none."""
    if math.isnan(value):
        return "–"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(digits, 0), 3)}f}"


def share(value: float) -> str:
    """Return a share in per cent; a dash for none."""
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def counts(counted: Mapping[str, int]) -> str:
    """Return how often what happened."""
    return ", ".join(f"{count} times {code}" for code, count in sorted(counted.items()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a terminal too."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *map(line, rows)])
