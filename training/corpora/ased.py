"""ASED: 65 speakers of Amharic, 27 sentences, five emotions.

A name has the emotion's letter and folder, the sentence, the repetition, the sex (01 female) and
the speaker (the corpus's README).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Archive, Clip, Corpus, MisnamedError, agree, matched

# One name of the distribution has a capital letter.
_NAME = re.compile(r"(n1|f2|h3|s4|a5)-(0[1-7])-(0[12])-(0[12])-(\d\d)", re.IGNORECASE)
_FOLDER = re.compile(r"0([1-5])(?:Neutral|Fearful|Happy|Sad|Angry)")
_EMOTIONS = {"n": "neutral", "f": "fearful", "h": "happy", "s": "sad", "a": "angry"}


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as 02Fearful/f2-01-01-01-27.wav."""
    code, sentence, take, sex, speaker = matched(_NAME, path, "f2-01-01-01-27.wav").groups()
    letter = code[0].lower()
    if not 1 <= int(speaker) <= 65:
        raise MisnamedError(f"there is no speaker {speaker}")
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder:
        agree(folder[1], code[1], "emotion")
    return Clip(
        speaker=speaker,
        sex="F" if sex == "01" else "M",
        emotion=_EMOTIONS[letter],
        sentence=letter + sentence,
        take=str(int(take)),
    )


CORPUS = Corpus(
    name="ased",
    title="ASED, the Amharic Speech Emotion Dataset, version 1",
    language="Amharic",
    home="https://github.com/Ethio2021/ASED_V1",
    licence="freely available; cite the paper",
    citation=(
        "E. A. Retta, E. Almekhlafi, R. Sutcliffe, M. Mhamed, H. Ali and J. Feng (2022), A New "
        "Amharic Speech Emotion Dataset and Classification Benchmark, ACM TALLIP, "
        "doi 10.1145/3529759"
    ),
    parse=parse,
    steps="take the repository's zip from its page",
    # GitHub makes the archive anew at each request: it has neither a length nor a checksum.
    archives=(
        Archive(
            url="https://github.com/Ethio2021/ASED_V1/archive/refs/heads/main.zip",
            file="ASED_V1-main.zip",
        ),
    ),
)
