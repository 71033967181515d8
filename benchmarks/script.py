"""What every client does, prepared once: the frames it sends, and what answers them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import wire
from benchmarks.recording import Recording, echoed
from models import Recognizer


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
    """

    mime_type: str
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]
    triggers: tuple[int, ...]

    @classmethod
    def of(cls, recording: Recording, answers: Sequence[int]) -> Script:
        """Prepare a recording of which each chunk is known to bring so many predictions."""
        masks = random.Random(1)
        return cls(
            recording.mime_type,
            tuple(chunk.at_s for chunk in recording.chunks),
            tuple(wire.audio(chunk.data, mask=masks.randbytes(4)) for chunk in recording.chunks),
            tuple(index for index, count in enumerate(answers) for _ in range(count)),
        )

    @classmethod
    def judged(cls, recording: Recording, recognizer: Recognizer, *, step_s: float) -> Script:
        """Prepare a recording for a server that judges it: the same recogniser tells when."""
        return cls.of(recording, list(map(len, recording.windows(recognizer, step_s=step_s))))

    @classmethod
    def echoed(cls, recording: Recording, *, step_s: float) -> Script:
        """Prepare a recording for the bare echo."""
        counts = [echoed(done, step_s=step_s) for done in range(len(recording.chunks) + 1)]
        return cls.of(recording, [after - before for before, after in itertools.pairwise(counts)])
