"""Indian EmoSpeech Command Dataset: spoken commands and background sounds, recorded in the wild.

A name has the keyword, the surroundings, the emotion, the time and a hash of the speaker; the
project's own copies have the hash's first eight digits in front, or "unknown".
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError, looked_up, matched

# A few names of the distribution have no time.
_ORIGINAL = re.compile(r"([a-z]+)-([a-z ]+)-(\w+)-(\d+|\?\?)-([0-9a-f]{8})[0-9a-f]*")
_SHORT = re.compile(r"([0-9a-f]{8}|unknown)-([a-z]+)-([a-z ]+)-(\w+)-(\d+|\?\?)")
_UNKNOWN = ("d14a028c", "unknown")  # as the corpus's notes say of that hash
_EMOTIONS = {name: name for name in ("happy", "angry", "fearful", "calm", "none")}
_KEYWORDS = {
    name: name for name in ("help", "bacho", "stop", "no", "go", "yes", "unknown", "background")
}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as House/bacho-safe-calm-20190709085906-d14a028c[48 more digits].wav."""
    short = _SHORT.fullmatch(path.stem)
    if short:
        speaker, keyword, surroundings, emotion, time = short.groups()
    else:
        found = matched(_ORIGINAL, path, "bacho-safe-angry-1562907046662-d14a028c....wav")
        keyword, surroundings, emotion, time, speaker = found.groups()
    label = looked_up(_EMOTIONS, emotion.lower(), "emotion")
    unknown = speaker in _UNKNOWN
    if unknown and label != "none":
        # Several people hide behind that hash: they could be on both sides of a split.
        raise MisnamedError("its speaker is not known")
    return Clip(
        speaker="unknown" if unknown else speaker,
        sex="",
        emotion=label,
        sentence=f"{looked_up(_KEYWORDS, keyword, 'keyword')}/{surroundings}",
        take=time,
    )


CORPUS = Corpus(
    name="emospeech",
    title="Indian EmoSpeech Command Dataset",
    language="Hindi and English",
    home="https://github.com/RakshakTeam/emospeech-dataset-v1",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "S. Banga, U. Upadhyay, P. Agarwal, A. Sharma and P. Mukherjee (2019), Indian EmoSpeech "
        "Command Dataset: A dataset for emotion based speech recognition in the wild, "
        "arXiv:1910.13801"
    ),
    parse=parse,
    steps="clone the repository or take its zip from its page",
    # It has no neutral.
    stands_for={"calm": "neutral"},
    left_out=frozenset({"none"}),
)
