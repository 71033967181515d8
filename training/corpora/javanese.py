"""Javanese: ten speakers, four sentences, five emotions, seven takes of each.

A name has the speaker, the sentence, the emotion and the take. The names do not tell the sex: the
median pitch of the speakers 01 to 05 is that of women, of 06 to 10 that of men.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, looked_up, matched

_NAME = re.compile(r"(\d\d)-(0[1-4])-(\d\d)_(0[1-7])")
_EMOTIONS = {"01": "neutral", "02": "sad", "03": "happy", "05": "fearful", "06": "angry"}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as 01-01-06_07.wav."""
    speaker, sentence, emotion, take = matched(_NAME, path, "01-01-06_07.wav").groups()
    if not 1 <= int(speaker) <= 10:
        raise MisnamedError(f"there is no speaker {speaker}")
    return Clip(
        speaker=speaker,
        sex="F" if int(speaker) <= 5 else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=sentence,
        take=str(int(take)),
    )


CORPUS = Corpus(
    name="javanese",
    title="Javanese emotional speech",
    language="Javanese",
    home="",  # the project knows no official address
    licence="MIT",
    citation="Javanese emotional speech of ten speakers, released under the MIT licence",
    parse=parse,
    steps="ask its authors for its recordings (01-01-01_01.wav to 10-04-06_07.wav)",
)
