"""The five emotions, named once for the whole project."""

from __future__ import annotations

EMOTIONS: tuple[str, ...] = ("neutral", "happy", "sad", "angry", "fearful")
"""The order of every probability vector in the project."""
