"""The corpora that the project can use: where each lives, and how its file names are read."""

from __future__ import annotations

from training.corpora import (
    aesdd,
    ased,
    banglaser,
    cremad,
    emodb,
    emospeech,
    emovo,
    javanese,
    jl,
    ketts,
    nemo,
    ordinary,
    ravdess,
    savee,
    tess,
)
from training.corpora.corpus import Archive, Clip, Corpus, MisnamedError

# Training goes through them in this order, and of two recordings that sound the same the first is
# kept: a new corpus goes to the end.
CORPORA: dict[str, Corpus] = {
    module.CORPUS.name: module.CORPUS
    for module in (
        ravdess,
        jl,
        nemo,
        emospeech,
        ketts,
        ased,
        cremad,
        emodb,
        savee,
        tess,
        javanese,
        emovo,
        aesdd,
        banglaser,
        ordinary,
    )
}

__all__ = ["CORPORA", "Archive", "Clip", "Corpus", "MisnamedError"]
