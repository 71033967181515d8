"""TESS: two actresses of Toronto say 200 words in seven emotions.

A name has the actress (OAF the older, YAF the younger), the word and the emotion.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Archive, Clip, Corpus, agree, looked_up, matched

# One name of the distribution lacks an F: OA_bite_neutral.wav, in the folder OAF_neutral.
_NAME = re.compile(r"(OAF?|YAF)_([a-z]+)_([a-z]+)")
_FOLDER = re.compile(r"([OY]AF)_\w+")
_EMOTIONS = {
    "neutral": "neutral",
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "fear": "fearful",
    "disgust": "disgust",
    "ps": "surprised",  # pleasantly
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as OAF_angry/OAF_back_angry.wav."""
    actress, word, emotion = matched(_NAME, path, "OAF_back_angry.wav").groups()
    speaker = "OAF" if actress == "OA" else actress
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder:
        agree(folder[1], speaker, "speaker")
    return Clip(
        speaker=speaker,
        sex="F",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        sentence=word,
    )


CORPUS = Corpus(
    name="tess",
    title="TESS, the Toronto emotional speech set",
    language="English",
    home="https://doi.org/10.5683/SP2/E8H2MF",
    licence="CC BY-NC 4.0; see its page",
    citation=(
        "M. K. Pichora-Fuller and K. Dupuis (2020), Toronto emotional speech set (TESS), Borealis, "
        "doi 10.5683/SP2/E8H2MF"
    ),
    parse=parse,
    steps="take the whole data set as one zip from its page",
    # Dataverse packs it anew at each request: it has neither a length nor a checksum.
    archives=(
        Archive(
            url="https://borealisdata.ca/api/access/dataset/:persistentId/"
            "?persistentId=doi:10.5683/SP2/E8H2MF",
            file="tess.zip",
        ),
    ),
    left_out=frozenset({"disgust", "surprised"}),
)
