"""What can be counted of this server: what everybody counts with, here by counting nothing.

Where METRICS asks for it, the `Meter` that is handed round is a `webapp.metrics.Metrics`.
"""

from __future__ import annotations

from webapp.load import Load
from webapp.recording import Tally

NOT_SOUND = {"undecodable", "unsupported_media", "empty"}  # the codes of what could not be decoded


class Meter:
    """Counts nothing: what there is where nobody asked for metrics."""

    def received(self, event: str) -> None:
        """Count an event of a live client; those that carry audio are in the tally."""

    def took(self, tally: Tally) -> None:
        """Count what a tally holds, and set it back to zero."""

    def predicted(self, seconds: float) -> None:
        """Count the time from a chunk's arrival until its predictions were handed on."""

    def began(self) -> None:
        """Count a recording in."""

    def ended(self, reason: str) -> None:
        """Count a recording out, and what could not be decoded."""

    def refused(self, reason: str, cause: str | None = None) -> None:
        """Count a recording that was not let in; if the server was busy, with what."""

    def felt(self, load: Load) -> None:
        """Show how much there is to do."""

    def judged(self, *, audio_s: float, cpu_s: float) -> None:
        """Count a file that was judged."""

    def taught(self, *, audio_s: float, cpu_s: float) -> None:
        """Count a set of labelled clips that gave a profile."""

    def upload_refused(self, reason: str) -> None:
        """Count an upload that was refused, and what could not be decoded."""

    def shared(self, *, views: int, watchers: int) -> None:
        """Note how many views this worker's speakers share, and how many watch views here."""

    def linked(self, up: bool) -> None:
        """Note whether Redis is there."""

    def relay_dropped(self) -> None:
        """Count what was to go to Redis and had to make room."""
