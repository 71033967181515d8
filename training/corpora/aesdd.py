"""AESDD: Greek actors say twenty sentences in five emotions; it has no neutral speech.

A name has the emotion's initial, the sentence and, in brackets, the speaker; a letter behind them
marks a second take.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, agree, looked_up, matched

_NAME = re.compile(r"([adfhs])(\d\d?) \(0?([1-6])\)[a-z]?")
_EMOTIONS = {"a": "angry", "d": "disgust", "f": "fearful", "h": "happy", "s": "sad"}
_FOLDERS = {"anger": "a", "disgust": "d", "fear": "f", "happiness": "h", "sadness": "s"}
_WOMEN = frozenset("125")


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as anger/a01 (1).wav."""
    letter, sentence, speaker = matched(_NAME, path, "a01 (1).wav").groups()
    folder = _FOLDERS.get(path.parent.name)
    if folder:
        agree(folder, letter, "emotion")
    return Clip(
        speaker=speaker,
        sex="F" if speaker in _WOMEN else "M",
        emotion=looked_up(_EMOTIONS, letter, "emotion"),
        sentence=sentence.zfill(2),
        take="1" if path.stem.endswith(")") else "2",
    )


CORPUS = Corpus(
    name="aesdd",
    title="AESDD, the Acted Emotional Speech Dynamic Database",
    language="Greek",
    home="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    licence="free for research",
    citation=(
        "N. Vryzas, R. Kotsakis, A. Liatsou, C. Dimoulas and G. Kalliris (2018), Speech Emotion "
        "Recognition for Performance Interaction, Journal of the Audio Engineering Society "
        "66(6), 457-467"
    ),
    parse=parse,
    steps="take the database's zip from its page",
    left_out=frozenset({"disgust"}),
)
