"""A file's bytes in, its answer out: what the HTTP API and the command line share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import SAMPLE_RATE, Recognizer, Speaker
from webapp import protocol
from webapp.audio import AudioWarning, decode_isolated, start_decoder
from webapp.audio.isolation import Usage
from webapp.protocol import Json
from webapp.settings import Settings

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """A decoded file.

    Attributes
    ----------
    blocks : list of numpy.ndarray
        float32 mono at 16 kHz, each of shape (n,).
    warnings : list of AudioWarning
        What was left out of it.
    cpu_s : float
        CPU seconds that the decoder process took.
    """

    blocks: list[Floats]
    warnings: list[AudioWarning]
    cpu_s: float


class Predictor:
    """Judges files, one at a time: two threads must not use the network's interpreter at once.

    Parameters
    ----------
    recognizer : Recognizer
        Used by this predictor alone.
    settings : Settings
        The limits, and the step between windows.

    See Also
    --------
    webapp.session.LiveSession : the same for a recording that is still going on.
    """

    def __init__(self, recognizer: Recognizer, settings: Settings) -> None:
        self._recognizer = recognizer
        self._settings = settings
        self.model = protocol.model_info(recognizer.card.name, recognizer.card.version)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of every probability vector."""
        return self._recognizer.labels

    def warm(self) -> None:
        """Judge a tone and start the decoder process: the first upload waits for neither."""
        start_decoder()
        times = np.arange(4 * SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
        voice = np.sin(2 * np.pi * 140 * times) * np.sin(2 * np.pi * 3 * times)
        self._recognizer.predict((0.3 * voice).astype(np.float32))

    def blocks(self, data: bytes) -> Iterator[Floats]:
        """Yield a file's samples, float32 mono at 16 kHz, in blocks of shape (n,).

        Raises
        ------
        webapp.audio.AudioError
            The bytes are not a sound that can be judged.
        """
        return decode_isolated(data, max_s=self._settings.max_clip_s)

    def decode(self, data: bytes, *, max_s: float | None = None) -> Clip:
        """Decode a file in the decoder process; several threads may do so at once.

        Parameters
        ----------
        data : bytes
            The file.
        max_s : float, optional
            Longest sound, seconds; `Settings.max_clip_s` unless given.

        Raises
        ------
        webapp.audio.AudioError
            The bytes are not a sound that can be judged.
        """
        warnings: list[AudioWarning] = []
        usage = Usage()
        max_s = self._settings.max_clip_s if max_s is None else max_s
        blocks = decode_isolated(data, max_s=max_s, warnings=warnings, usage=usage)
        return Clip(list(blocks), warnings, usage.cpu_s)

    def answer(
        self, data: bytes, *, file: str | None = None, speaker: Speaker | None = None
    ) -> Json:
        """Return the answer to a file: `decode`, then `judge`.

        Raises
        ------
        webapp.audio.AudioError
            The bytes are not a sound that can be judged.
        """
        return self.judge(self.decode(data), file=file, speaker=speaker)

    def judge(self, clip: Clip, *, file: str | None = None, speaker: Speaker | None = None) -> Json:
        """Return the answer to a decoded file.

        Parameters
        ----------
        clip : Clip
            The file.
        file : str, optional
            The name that the answer carries.
        speaker : Speaker, optional
            The profile of the voice, from `speaker`.
        """
        stream = self._recognizer.stream(step_s=self._settings.prediction_step_s, speaker=speaker)
        for block in clip.blocks:
            stream.push(block)
        return protocol.answer(
            stream.finish(), self.labels, self.model, file=file, warnings=clip.warnings
        )

    def speaker(self, files: Iterator[bytes]) -> Speaker:
        """Return what several files tell about the one person who speaks in them.

        One file's samples are in memory at a time.

        Raises
        ------
        webapp.audio.AudioError
            A file is not a sound that can be judged.
        """
        return self._recognizer.speaker(itertools.chain.from_iterable(map(self.blocks, files)))

    def known(self, text: str | None) -> Speaker | None:
        """Return the profile that a client sends; None if it sends none.

        Raises
        ------
        ProtocolError
            `bad_message`: not the text of a profile that this model can use.
        """
        return protocol.parse_speaker(text, self._recognizer)

    @property
    def can_be_taught(self) -> bool:
        """Whether the bundle has the population that `enrol` needs."""
        return self._recognizer.population is not None

    def enrol(self, clips: Mapping[str, Sequence[Floats]]) -> Json:
        """Return the answer to the labelled clips of one speaker: the profile and its check.

        Parameters
        ----------
        clips : mapping of str to sequence of ndarray
            Clips of each emotion, float32 mono at 16 kHz, each of shape (n,).

        Raises
        ------
        models.TeachingError
            The bundle has no population, or a clip cannot be used.
        """
        return protocol.enrolment(self._recognizer.enrol(clips), self._recognizer)

    def duration_s(self, data: bytes) -> float:
        """Return how long a file's sound lasts, in seconds.

        Raises
        ------
        webapp.audio.AudioError
            The bytes are not a sound that can be judged.
        """
        return sum(len(block) for block in self.blocks(data)) / SAMPLE_RATE
