"""nEMO: nine Polish actors say 90 sentences in six emotions.

A name has the speaker, the emotion and the sentence; the sexes are those of its data.tsv.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Archive, Clip, Corpus, MisnamedError, looked_up, matched

_NAME = re.compile(r"([A-Z]{2}\d)_([a-z]+)_(\d\d?)")
_WOMEN = frozenset({"EB0", "IC0", "KD0", "MK0"})
_MEN = frozenset({"KS0", "MP0", "SM0", "TP0", "WR0"})
_EMOTIONS = {
    "neutral": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "surprised": "surprised",
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as samples/EB0_anger_1.wav."""
    speaker, emotion, sentence = matched(_NAME, path, "EB0_anger_1.wav").groups()
    if speaker not in _WOMEN | _MEN:
        raise MisnamedError(f"there is no speaker {speaker}")
    if not 1 <= int(sentence) <= 90:
        raise MisnamedError(f"there is no sentence {sentence}")
    return Clip(
        speaker=speaker,
        sex="F" if speaker in _WOMEN else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=sentence,
    )


CORPUS = Corpus(
    name="nemo",
    title="nEMO, dataset of emotional speech in Polish",
    language="Polish",
    home="https://github.com/amu-cai/nEMO",
    licence="CC BY-NC-SA 4.0",
    citation="I. Christop (2024), nEMO: Dataset of Emotional Speech in Polish, LREC-COLING",
    parse=parse,
    steps="take the repository's zip from its page",
    # GitHub makes the archive anew at each request: it has neither a length nor a checksum.
    archives=(
        Archive(
            url="https://github.com/amu-cai/nEMO/archive/refs/heads/main.zip",
            file="nEMO-main.zip",
        ),
    ),
    left_out=frozenset({"surprised"}),
)
