"""Ordinary speech: people who read aloud and act no emotion; all of it stands for neutral.

Two releases lie side by side: LibriSpeech (name: reader, chapter, utterance) and speechocean762
(name: speaker and utterance, nine digits), whose adults and children read English as a second
language.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from training.corpora.corpus import Clip, Corpus, MisnamedError

_LIBRISPEECH = re.compile(r"(\d+)-\d+-(\d{4})")
_SPEECHOCEAN = re.compile(r"0(\d{4})(\d{4})")


def parse(path: PurePosixPath) -> Clip:
    """Read a name such as 103-1240-0000.flac or 008110110.wav."""
    found = _LIBRISPEECH.fullmatch(path.stem)
    if found:
        return Clip(speaker=f"libri_{found[1]}", sex="", emotion="neutral")
    found = _SPEECHOCEAN.fullmatch(path.stem)
    if found:
        return Clip(speaker=f"so_{found[1]}", sex="", emotion="neutral")
    raise MisnamedError("not a name like 103-1240-0000.flac or 008110110.wav")


CORPUS = Corpus(
    name="ordinary",
    title="Ordinary speech: LibriSpeech and speechocean762",
    language="English",
    home="https://www.openslr.org/12",
    licence="CC BY 4.0; speechocean762 free for commercial and non-commercial use",
    citation=(
        "V. Panayotov, G. Chen, D. Povey and S. Khudanpur (2015), LibriSpeech: an ASR corpus based "
        "on public domain audio books, ICASSP, 5206-5210; J. Zhang, Z. Zhang, Y. Wang, Z. Yan, Q. "
        "Song, Y. Huang, K. Li, D. Povey and Y. Wang (2021), speechocean762: An Open-Source "
        "Non-native English Speech Corpus For Pronunciation Assessment, Interspeech, 3710-3714"
    ),
    parse=parse,
    steps="take a clip of each reader of train-clean-100 and the archive of speechocean762 "
    "(https://www.openslr.org/101)",
)
