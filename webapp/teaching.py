"""Labelled clips of one speaker in, a taught profile out: for the HTTP API and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from models import SAMPLE_RATE, TeachingError
from models.enrolment import LONGEST_S, MOST_CLIPS
from webapp.audio import AudioError
from webapp.predictions import Floats, Predictor
from webapp.protocol import Json, ProtocolError
from webapp.settings import Settings


class Label(NamedTuple):
    """The name of a clip.

    Attributes
    ----------
    emotion : str
        Its label.
    file : str
        Name of its file; may be empty.
    """

    emotion: str
    file: str


class Teaching:
    """The clips of one request: `decode` them one after the other, then `enrol`.

    All errors name the file, the emotion and the position of the clip that they are about.

    Parameters
    ----------
    predictor : Predictor
    settings : Settings
    labels : sequence of Label
        Of all clips, in their order.

    Attributes
    ----------
    audio_s : float
        Seconds of sound that were decoded.
    cpu_s : float
        CPU seconds that the decoder process took.

    Raises
    ------
    ProtocolError
        `unsupported`: the model cannot be taught. `no_file`, `too_many`, or `bad_message`: a label
        is no emotion. Nothing needs to be decoded to tell.
    """

    def __init__(self, predictor: Predictor, settings: Settings, labels: Sequence[Label]) -> None:
        self.audio_s = self.cpu_s = 0.0
        self._predictor = predictor
        self._longest_s = settings.max_clip_s
        self._labels = tuple(labels)
        self._clips: dict[str, list[Floats]] = {}
        known = ", ".join(predictor.labels)
        if not predictor.can_be_taught:
            raise ProtocolError("unsupported", "The model of this server cannot be taught a voice.")
        if not labels:
            raise ProtocolError(
                "no_file", f"There is no clip; each needs the name of its emotion: {known}."
            )
        if len(labels) > MOST_CLIPS:
            raise ProtocolError(
                "too_many", f"There are {len(labels)} clips, more than the {MOST_CLIPS} that count."
            )
        for emotion, file in labels:
            if emotion not in predictor.labels:
                raise ProtocolError(
                    "bad_message",
                    f'{_shown(file)}"{emotion}" is none of the emotions {known}.',
                )

    def decode(self, read: Callable[[], bytes]) -> None:
        """Decode the next clip in the decoder process.

        Parameters
        ----------
        read : callable
            Returns the bytes of the clip's file; its `ProtocolError` is about this clip.

        Raises
        ------
        ProtocolError
            The codes of `webapp.audio.AudioError`, and `too_long` also if all clips together are
            longer than `Settings.max_clip_s`.
        """
        emotion, file = self._labels[sum(map(len, self._clips.values()))]
        own = self._clips.setdefault(emotion, [])
        with _about(emotion, len(own), file):
            clip = self._predictor.decode(read(), max_s=min(LONGEST_S, self._longest_s))
            own.append(np.concatenate(clip.blocks))
            self.cpu_s += clip.cpu_s
            self.audio_s += len(own[-1]) / SAMPLE_RATE
            if self.audio_s > self._longest_s:
                raise ProtocolError(
                    "too_long",
                    f"With it the clips together are longer than {self._longest_s:g} seconds.",
                )

    def enrol(self) -> Json:
        """Return the answer to all clips.

        Raises
        ------
        ProtocolError
            The codes of `models.TeachingError`.
        """
        try:
            return self._predictor.enrol(self._clips)
        except TeachingError as error:
            file = ""
            if error.emotion is not None and error.clip is not None:
                file = self.file(error.emotion, error.clip)
            raise ProtocolError(
                error.code, f"{_shown(file)}{error}", emotion=error.emotion, clip=error.clip
            ) from error

    def file(self, emotion: str, clip: int) -> str:
        """Return the name of a clip's file.

        Parameters
        ----------
        emotion : str
            The clip's label.
        clip : int
            Its position among the clips of that label.
        """
        return [label.file for label in self._labels if label.emotion == emotion][clip]


@contextmanager
def _about(emotion: str, clip: int, file: str) -> Iterator[None]:
    """Name a clip in the errors of its file."""
    try:
        yield
    except (AudioError, ProtocolError) as error:
        message = f"{_shown(file)}Clip {clip + 1} of {emotion}: {error.message}"
        raise ProtocolError(error.code, message, emotion=emotion, clip=clip) from error


def _shown(file: str) -> str:
    """Return the beginning of an error about a file."""
    return f"{file}: " if file else ""
