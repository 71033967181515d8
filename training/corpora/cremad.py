"""CREMA-D: 91 American actors say twelve sentences in six emotions.

A name has the actor, the sentence, the emotion and its level (the corpus's README).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, looked_up, matched

_NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX|X)")
# The actors whose Sex is "Female" in the corpus's VideoDemographics.csv: 43 of 91.
# fmt: off
_WOMEN = frozenset((
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028,
    1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063,
    1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
))
# fmt: on
_EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
_SENTENCES = frozenset(
    ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
)
# One name of the distribution ends in a single X.
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": "", "X": ""}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as AudioWAV/1001_DFA_ANG_XX.wav."""
    found = matched(_NAME, path, "1001_DFA_ANG_XX.wav")
    actor, sentence, emotion, intensity = found.groups()
    if not 1001 <= int(actor) <= 1091:
        raise MisnamedError(f"there is no actor {actor}")
    if sentence not in _SENTENCES:
        raise MisnamedError(f"there is no sentence {sentence}")
    return Clip(
        speaker=actor,
        sex="F" if int(actor) in _WOMEN else "M",
        emotion=looked_up(_EMOTIONS, emotion, "emotion"),
        intensity=_INTENSITIES[intensity],
        sentence=sentence,
    )


CORPUS = Corpus(
    name="cremad",
    title="CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset",
    language="English",
    home="https://github.com/CheyneyComputerScience/CREMA-D",
    licence="Open Database Licence 1.0",
    citation=(
        "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova and R. Verma (2014), CREMA-D: "
        "Crowd-sourced Emotional Multimodal Actors Dataset, IEEE Transactions on Affective "
        "Computing 5(4), 377-390"
    ),
    parse=parse,
    # GitHub's zip of the repository has pointers of Git LFS in place of the recordings.
    steps="clone the repository with Git LFS (git lfs install) and take its folder AudioWAV",
    left_out=frozenset({"disgust"}),
)
