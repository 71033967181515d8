"""JL corpus: four New Zealanders, primary and secondary emotions, each sentence twice.

A name has the speaker, the emotion, the sentence and the session.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, looked_up, matched

_NAME = re.compile(r"((?:fe)?male[12])_([a-z]+)_(\d\d?[ab])_([12])")
# The paper's names of the secondary emotions and the files' are not the same; both are known.
_LEFT_OUT = (
    "apologetic",
    "assertive",
    "concerned",
    "confident",
    "encouraging",
    "enthusiastic",
    "excited",
    "pensive",
    "worried",
)
_EMOTIONS = {name: name for name in ("neutral", "happy", "sad", "angry", "anxious", *_LEFT_OUT)}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as female1_angry_1a_1.wav."""
    speaker, emotion, sentence, take = matched(_NAME, path, "female1_angry_1a_1.wav").groups()
    return Clip(
        speaker=speaker,
        sex="F" if speaker.startswith("female") else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=sentence,
        take=take,
    )


CORPUS = Corpus(
    name="jl",
    title="JL corpus",
    language="New Zealand English",
    home="https://www.kaggle.com/datasets/tli725/jl-corpus",
    licence="CC0 1.0",
    citation=(
        "J. James, L. Tian and C. I. Watson (2018), An Open Source Emotional Speech Corpus for "
        "Human Robot Interaction Applications, Interspeech, 2768-2772"
    ),
    parse=parse,
    steps="log in to Kaggle and press Download on its page",
    # It has no fear; the original project takes "anxious" for it.
    stands_for={"anxious": "fearful"},
    left_out=frozenset(_LEFT_OUT),
)
