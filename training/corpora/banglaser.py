"""BanglaSER: 34 speakers of Bangla, three sentences, recorded with their own phones and laptops.

The names follow RAVDESS's: mode, statement type, emotion, intensity, sentence, take, speaker.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, looked_up, matched

_NAME = re.compile(r"03-01-(\d\d)-(0[12])-(0[1-3])-(0[1-3])-(\d\d)")
_EMOTIONS = {"01": "happy", "02": "sad", "03": "angry", "04": "surprised", "05": "neutral"}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as 03-01-03-02-01-01-34.wav."""
    found = matched(_NAME, path, "03-01-03-02-01-01-34.wav").groups()
    emotion, intensity, sentence, take, speaker = found
    if not 1 <= int(speaker) <= 34:
        raise MisnamedError(f"there is no speaker {speaker}")
    return Clip(
        speaker=speaker,
        sex="M" if int(speaker) % 2 else "F",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        intensity="normal" if intensity == "01" else "strong",
        sentence=sentence,
        take=str(int(take)),
    )


CORPUS = Corpus(
    name="banglaser",
    title="BanglaSER, a Bangla speech emotion recognition dataset",
    language="Bangla",
    home="https://data.mendeley.com/datasets/t9h6p943xy",
    licence="CC BY 4.0",
    citation=(
        "R. K. Das, N. Islam, M. R. Ahmed, S. Islam, S. Shatabda and A. K. M. M. Islam (2022), "
        "BanglaSER: A speech emotion recognition dataset for the Bangla language, Data in Brief "
        "42, 108091"
    ),
    parse=parse,
    steps="take the data set's zip from its page",
    left_out=frozenset({"surprised"}),
)
