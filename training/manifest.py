"""Manifests: which recordings there are, who speaks in them, and how."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from models.labels import EMOTIONS

FOLDERS = ("ravdess", "jl", "nemo", "emospeech", "ketts", "ased")

STANDS_FOR = {("emospeech", "calm"): "neutral", ("jl", "anxious"): "fearful"}
"""Labels of a corpus that stand for one of the five."""

OTHER_LABELS = frozenset(
    {"calm", "disgust", "surprised", "encouraging", "anxious", "none", "excited"}
)
"""Known labels that none of the five covers; such recordings are left out."""


class ManifestError(Exception):
    """A manifest that cannot be used; the message names the file and the line."""


@dataclass(frozen=True)
class Utterance:
    """One recording of one speaker.

    Attributes
    ----------
    path : Path
    corpus, speaker : str
    sex : {"F", "M", ""}
    emotion : str
        One of `EMOTIONS`.
    original : str
        The corpus's own label.
    duration_s : float
    """

    path: Path
    corpus: str
    speaker: str
    sex: str
    emotion: str
    original: str
    duration_s: float


def corpora_folder() -> Path:
    """Return where the corpora are: CORPORA_DIR, or shared/data beside the project."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("CORPORA_DIR", default))


def read_manifest(folder: Path) -> list[Utterance]:
    """Return the utterances of one corpus that bear one of the five emotions.

    Parameters
    ----------
    folder : Path
        A corpus: `manifest.csv`, whose paths are relative to the folder above.

    Raises
    ------
    ManifestError
        No manifest, an empty one, a missing file or an unknown label.
    """
    path = folder / "manifest.csv"
    if not path.is_file():
        raise ManifestError(f"{path}: no such file")
    utterances = []
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    if not rows:
        raise ManifestError(f"{path}: holds no recordings")
    for number, row in enumerate(rows, start=2):
        corpus, label = row["corpus"], row["emotion"]
        emotion = STANDS_FOR.get((corpus, label), label)
        if emotion not in EMOTIONS:
            if emotion not in OTHER_LABELS:
                raise ManifestError(f"{path}, line {number}: unknown label {label!r}")
            continue
        audio = folder.parent / row["path"]
        if not audio.is_file():
            raise ManifestError(f"{path}, line {number}: {audio} is missing")
        # nEMO's own speaker names are padded with spaces.
        speaker = "_".join(part.strip() for part in row["speaker"].split("_"))
        utterances.append(
            Utterance(audio, corpus, speaker, row["sex"], emotion, label, float(row["duration_s"]))
        )
    return utterances


def find_corpora(folder: Path) -> dict[str, list[Utterance]]:
    """Return the utterances of every corpus found in `folder`, by the corpus's name.

    Raises
    ------
    ManifestError
        None was found, or a manifest is unusable.
    """
    found = {
        name: read_manifest(folder / name)
        for name in FOLDERS
        if (folder / name / "manifest.csv").is_file()
    }
    if not found:
        raise ManifestError(
            f"{folder}: no corpus found; set CORPORA_DIR to a folder with "
            f"one of {', '.join(FOLDERS)}, each with its manifest.csv"
        )
    return found
