"""SAVEE: four Englishmen, 120 sentences each, seven emotions.

A name has the emotion's letters and the sentence; the speaker's initials are the folder's name, or
stand before it where all the files are in one folder.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, agree, looked_up, matched

_NAME = re.compile(r"(?:([A-Z]{2})_)?(sa|su|a|d|f|h|n)(\d\d)")
_SPEAKERS = frozenset({"DC", "JE", "JK", "KL"})
_EMOTIONS = {
    "n": "neutral",
    "h": "happy",
    "sa": "sad",
    "a": "angry",
    "f": "fearful",
    "d": "disgust",
    "su": "surprised",
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as AudioData/DC/a01.wav or DC_a01.wav."""
    initials, emotion, number = matched(_NAME, path, "DC/a01.wav or DC_a01.wav").groups()
    folder = path.parent.name
    if initials is None:
        speaker = folder
    else:
        speaker = initials
        if folder in _SPEAKERS:
            agree(folder, initials, "speaker")
    if speaker not in _SPEAKERS:
        raise MisnamedError(
            f"neither its name nor its folder is of a speaker ({speaker or 'none'})"
        )
    return Clip(
        speaker=speaker,
        sex="M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=emotion + number,
    )


CORPUS = Corpus(
    name="savee",
    title="SAVEE, the Surrey Audio-Visual Expressed Emotion database",
    language="British English",
    home="http://kahlan.eps.surrey.ac.uk/savee/",
    licence="free for research, on request",
    citation=(
        "S. Haq and P. J. B. Jackson (2010), Multimodal Emotion Recognition, in W. Wang (ed.), "
        "Machine Audition: Principles, Algorithms and Systems, IGI Global, 398-423"
    ),
    parse=parse,
    steps="ask for a password on its page and take AudioData.zip",
    left_out=frozenset({"disgust", "surprised"}),
)
