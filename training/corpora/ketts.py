"""KETTS, the public part of the Korean EmotionTTS open database: 15 speakers, four emotions.

A name has the speaker and a number, whose hundreds are the emotion: 1-100 neutral, 101-200 happy,
201-300 angry, 301-400 sad, in both of its parts (the corpus's README; so are the sexes).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, agree, matched

_NAME = re.compile(r"((?:em|ne)[a-z])(\d{5})")
_WOMEN = frozenset({"ema", "emb", "nea", "neb", "nec", "ned", "nee"})
_MEN = frozenset({"emf", "emg", "emh", "nek", "nel", "nem", "nen", "neo"})
_EMOTIONS = ("neutral", "happy", "angry", "sad")


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as plain-to-emotional/ema/wav/ema00101.wav."""
    speaker, digits = matched(_NAME, path, "ema00101.wav").groups()
    if speaker not in _WOMEN | _MEN:
        raise MisnamedError(f"there is no speaker {speaker}")
    number = int(digits)
    if not 1 <= number <= 400:
        raise MisnamedError(f"there is no sentence {number}")
    if path.parent.name == "wav" and path.parent.parent.name:
        agree(path.parent.parent.name, speaker, "speaker")
    return Clip(
        speaker=speaker,
        sex="F" if speaker in _WOMEN else "M",
        emotion=_EMOTIONS[(number - 1) // 100],
        sentence=str(number),
    )


CORPUS = Corpus(
    name="ketts",
    title="KETTS, the EmotionTTS open database, public part",
    language="Korean",
    home="https://github.com/emotiontts/emotiontts_open_db",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "Selvas AI and KAIST (2019), EmotionTTS open database: conversational speech corpus for "
        "the emotion and personality of robots"
    ),
    parse=parse,
    steps=(
        "clone the repository and take plain-to-emotional and emotional-to-emotional from its "
        "folder Dataset/SpeechCorpus/Emotional"
    ),
    # The repository holds other people's neutral speech and songs too.
    within=("plain-to-emotional", "emotional-to-emotional"),
)
