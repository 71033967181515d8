"""ESpeak NG through its wheel: text to samples, with the time of every phoneme."""

from __future__ import annotations

import bisect
import ctypes
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader  # type: ignore[import-not-found]
import numpy as np
from numpy.typing import NDArray

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: hand the samples over, play nothing
_PHONEME_EVENTS = 1  # espeak_Initialize options
_UTF8 = 1  # espeak_Synth flags
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER
_LIST_TERMINATED, _WORD, _PHONEME = 0, 1, 7  # espeak_EVENT_TYPE
_VOWELS = "aeiouAEIOU@3V0"
_STRESS = "',"
_NEAR_S = 0.005  # a word and its first phoneme are marked within this of each other


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


@dataclass(frozen=True)
class Phone:
    """One phoneme in time.

    Attributes
    ----------
    name
        eSpeak's mnemonic, without its stress mark; empty for a pause.
    start_s, end_s
        Seconds from the start of the samples.
    stressed
        Whether it bears its word's main stress.
    word
        Which word it belongs to, counted from 0.
    """

    name: str
    start_s: float
    end_s: float
    stressed: bool = False
    word: int = 0

    @property
    def vowel(self) -> bool:
        """Whether it is the nucleus of a syllable."""
        return self.name[:1] in tuple(_VOWELS)

    @property
    def pause(self) -> bool:
        """Whether nothing is said."""
        return self.name in ("", "_", "_:", "_!", "_|", "?")


class Espeak:
    """The synthesiser; one a process, since the library keeps global state."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(Path(espeakng_loader.get_data_path()).parent).encode()
        self.sample_rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS)
        if self.sample_rate <= 0:
            raise RuntimeError("eSpeak NG does not start: its voices are missing from the wheel")

    def speak(
        self, text: str, *, voice: str, words_per_minute: int = 165
    ) -> tuple[NDArray[np.float64], tuple[Phone, ...]]:
        """Say a sentence in a voice whose pitch hardly moves.

        Returns
        -------
        samples
            Shape (n,), in [-1, 1], at `sample_rate`.
        phones
            Every phoneme and pause, end to end.
        """
        blocks: list[NDArray[np.int16]] = []
        marks: list[tuple[str, float]] = []
        words: list[float] = []
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )

        def receive(
            wave: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
        ) -> int:
            if count > 0:
                blocks.append(np.ctypeslib.as_array(wave, (count,)).copy())
            i = 0
            while events[i].type != _LIST_TERMINATED:
                at_s = events[i].sample / self.sample_rate
                if events[i].type == _PHONEME:
                    marks.append((events[i].id.string.decode(), at_s))
                elif events[i].type == _WORD:
                    words.append(at_s)
                i += 1
            return 0

        callback = signature(receive)
        self._library.espeak_SetSynthCallback(callback)
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, 50), (_RANGE, 10)):
            self._library.espeak_SetParameter(parameter, value, 0)
        # Some voices flutter at random; let it be the same flutter every time.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(blocks).astype(np.float64) / 32768
        return samples, _phones(marks, words, len(samples) / self.sample_rate)


def _phones(
    marks: list[tuple[str, float]], words: list[float], duration_s: float
) -> tuple[Phone, ...]:
    ends = [start for _, start in marks[1:]] + [duration_s]
    return tuple(
        Phone(
            name.lstrip(_STRESS),
            start,
            end,
            stressed=name.startswith("'"),
            word=max(bisect.bisect_right(words, start + _NEAR_S) - 1, 0),
        )
        for (name, start), end in zip(marks, ends, strict=True)
        if end > start
    )
