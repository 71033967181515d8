"""RAVDESS: 24 actors say two sentences in eight emotions.

A name has seven numbers: modality, channel, emotion, intensity, statement, repetition, actor
(Livingstone and Russo 2018, and the notes on the corpus's page). Odd actors are men.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Archive, Clip, Corpus, MisnamedError, agree, looked_up, matched

_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_FOLDER = re.compile(r"Actor_(\d\d)")
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
_INTENSITIES = {"01": "normal", "02": "strong"}
_SENTENCES = {"01": "kids", "02": "dogs"}
_TAKES = {"01": "1", "02": "2"}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as Actor_12/03-01-05-02-01-01-12.wav."""
    numbers = matched(_NAME, path, "03-01-05-02-01-01-12.wav").groups()
    modality, channel, emotion, intensity, sentence, take, actor = numbers
    if modality != "03":
        raise MisnamedError(f"modality {modality} is not sound alone (03)")
    if channel != "01":
        raise MisnamedError(f"channel {channel} is not speech (01): 02 is song")
    if not 1 <= int(actor) <= 24:
        raise MisnamedError(f"there is no actor {actor}")
    if emotion == "01" and intensity != "01":
        raise MisnamedError("there is no strong neutral")
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder:
        agree(folder[1], actor, "actor")
    return Clip(
        speaker=actor,
        sex="M" if int(actor) % 2 else "F",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        intensity=looked_up(_INTENSITIES, intensity, "intensity"),
        sentence=looked_up(_SENTENCES, sentence, "statement"),
        take=looked_up(_TAKES, take, "repetition"),
    )


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song",
    language="English",
    home="https://zenodo.org/records/1188976",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "S. R. Livingstone and F. A. Russo (2018), The Ryerson Audio-Visual Database of Emotional "
        "Speech and Song (RAVDESS), PLoS ONE 13(5): e0196391"
    ),
    parse=parse,
    steps="take Audio_Speech_Actors_01-24.zip from its page",
    archives=(
        Archive(
            url="https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
            file="Audio_Speech_Actors_01-24.zip",
            size=208_468_073,
            md5="bc696df654c87fed845eb13823edef8a",
        ),
    ),
    # "Calm" is dropped, as in the original project: RAVDESS has a neutral of its own.
    left_out=frozenset({"calm", "disgust", "surprised"}),
)
