"""What every client does, prepared once: the frames it sends, and what answers them."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import wire
from benchmarks.recording import CHUNK_MS, Recording, echoed
from models import Recognizer

ROUNDING_S = 0.001  # predictions tell milliseconds


@dataclass(frozen=True)
class Script:
    """What each client does: when it sends what, and which chunk each prediction answers.

    Attributes
    ----------
    mime_type : str
    times_s : tuple of float
        When each chunk is due, from the recording's start.
    frames : tuple of bytes
        Each chunk as it goes over the wire.
    triggers : tuple of int
        By a prediction's `seq`: the chunk that completes its window.
    ready_s : tuple of float
        Until when, in the recording's time, windows can end that each chunk completes.
    """

    mime_type: str
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]
    triggers: tuple[int, ...]
    ready_s: tuple[float, ...]

    def completing(self, end_s: float) -> int:
        """Return the chunk that completes a window which ends at a time of the recording.

        Told by the time, as a server that is behind may shift its windows.
        """
        return bisect.bisect_left(self.ready_s, end_s - ROUNDING_S)

    @classmethod
    def of(
        cls, recording: Recording, answers: Sequence[int], *, ready_s: Sequence[float]
    ) -> Script:
        """Prepare a recording of which each chunk is known to bring so many predictions."""
        masks = random.Random(1)
        return cls(
            recording.mime_type,
            tuple(chunk.at_s for chunk in recording.chunks),
            tuple(wire.audio(chunk.data, mask=masks.randbytes(4)) for chunk in recording.chunks),
            tuple(index for index, count in enumerate(answers) for _ in range(count)),
            tuple(ready_s),
        )

    @classmethod
    def judged(cls, recording: Recording, recognizer: Recognizer, *, step_s: float) -> Script:
        """Prepare a recording for a server that judges it: the same recogniser tells when."""
        answers = list(map(len, recording.windows(recognizer, step_s=step_s)))
        settings = recognizer.card.features
        # A frame is longer than the hop: its end is heard after the time that it stands for.
        beyond_s = (settings.n_fft - settings.hop) / settings.sample_rate
        heard_s = itertools.accumulate(
            len(samples) / settings.sample_rate for samples in recording.samples()
        )
        return cls.of(recording, answers, ready_s=[at_s - beyond_s for at_s in heard_s])

    @classmethod
    def echoed(cls, recording: Recording, *, step_s: float) -> Script:
        """Prepare a recording for the bare echo."""
        counts = [echoed(done, step_s=step_s) for done in range(len(recording.chunks) + 1)]
        answers = [after - before for before, after in itertools.pairwise(counts)]
        ready_s = [CHUNK_MS / 1000 * (index + 1) for index in range(len(recording.chunks))]
        return cls.of(recording, answers, ready_s=ready_s)
