"""EmoDB, the Berlin database: ten German actors, ten sentences, seven emotions.

A name has the speaker, the sentence, the initial of the emotion's German word and the version (the
corpus's page; so are the sexes).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Archive, Clip, Corpus, MisnamedError, looked_up, matched

_NAME = re.compile(r"(\d\d)([ab]\d\d)([A-Z])([a-z])")
_WOMEN = frozenset({"08", "09", "13", "14", "16"})
_MEN = frozenset({"03", "10", "11", "12", "15"})
_EMOTIONS = {
    "N": "neutral",
    "F": "happy",  # Freude
    "T": "sad",  # Trauer
    "W": "angry",  # Wut (Ärger)
    "A": "fearful",  # Angst
    "E": "disgust",  # Ekel
    "L": "bored",  # Langeweile
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as wav/03a01Wa.wav."""
    speaker, sentence, emotion, take = matched(_NAME, path, "03a01Wa.wav").groups()
    if speaker not in _WOMEN | _MEN:
        raise MisnamedError(f"there is no speaker {speaker}")
    return Clip(
        speaker=speaker,
        sex="F" if speaker in _WOMEN else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=sentence,
        take=str(ord(take) - ord("a") + 1),
    )


CORPUS = Corpus(
    name="emodb",
    title="EmoDB, the Berlin database of emotional speech",
    language="German",
    home="http://emodb.bilderbar.info",
    licence="freely available; cite the paper",
    citation=(
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier and B. Weiss (2005), A Database of "
        "German Emotional Speech, Interspeech, 1517-1520"
    ),
    parse=parse,
    steps="take download.zip from its page",
    archives=(
        Archive(url="http://emodb.bilderbar.info/download/download.zip", file="download.zip"),
    ),
    left_out=frozenset({"disgust", "bored"}),
)
