"""EMOVO: six Italian actors, fourteen sentences, seven emotions.

A name has the emotion's abbreviated Italian word, the actor and the sentence.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, agree, looked_up, matched

_NAME = re.compile(r"([a-z]{3})-([fm][123])-([a-z]\d)")
_FOLDER = re.compile(r"[fm][123]")
_EMOTIONS = {
    "neu": "neutral",
    "gio": "happy",  # gioia
    "tri": "sad",  # tristezza
    "rab": "angry",  # rabbia
    "pau": "fearful",  # paura
    "dis": "disgust",
    "sor": "surprised",
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as f1/gio-f1-b1.wav."""
    emotion, speaker, sentence = matched(_NAME, path, "gio-f1-b1.wav").groups()
    if _FOLDER.fullmatch(path.parent.name):
        agree(path.parent.name, speaker, "speaker")
    return Clip(
        speaker=speaker,
        sex="F" if speaker[0] == "f" else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=sentence,
    )


CORPUS = Corpus(
    name="emovo",
    title="EMOVO, an Italian emotional speech database",
    language="Italian",
    home="http://voice.fub.it/activities/corpora/emovo/index.html",
    licence="free for research",
    citation=(
        "G. Costantini, I. Iaderola, A. Paoloni and M. Todisco (2014), EMOVO Corpus: an Italian "
        "Emotional Speech Database, LREC, 3501-3504"
    ),
    parse=parse,
    steps="take the corpus's zip from its page",
    left_out=frozenset({"disgust", "surprised"}),
)
