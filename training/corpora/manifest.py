"""Manifests: which recordings there are, who speaks in them, and how."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.corpora import CORPORA, Corpus
from training.corpora.findings import Finding, Findings, contradictions
from training.corpora.survey import Recording, recordings_in, survey

FILE = "manifest.csv"
COLUMNS = (
    "path",
    "corpus",
    "speaker",
    "sex",
    "emotion",
    "intensity",
    "sentence",
    "take",
    "duration_s",
    "sample_rate",
)
_NEEDED = ("path", "corpus", "speaker", "sex", "emotion", "duration_s")


class ManifestError(Exception):
    """A corpus that cannot be used; the message names the file and the line."""


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
    kind : str
        Kind of ordinary speech, such as "read, child"; empty in corpora of acted speech.
    vote : str
        Emotion that most listeners of the voice alone chose, or several joined by ":"; empty where
        the corpus has no votes.
    sentence : str
        The corpus's name of the sentence; empty if unknown.
    """

    path: Path
    corpus: str
    speaker: str
    sex: str
    emotion: str
    original: str
    duration_s: float
    kind: str = ""
    vote: str = ""
    sentence: str = ""


def corpora_folder() -> Path:
    """Return where the corpora are: CORPORA_DIR, or shared/data beside the project."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
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
    path = folder / FILE
    utterances = []
    for number, row in enumerate(_rows(path), start=2):
        where = f"{path}, line {number}"
        if any(row.get(column) is None for column in _NEEDED):
            raise ManifestError(f"{where}: lacks one of the columns {', '.join(_NEEDED)}")
        corpus, label = row["corpus"], row["emotion"]
        if corpus not in CORPORA:
            raise ManifestError(f"{where}: unknown corpus {corpus!r}")
        try:
            emotion = CORPORA[corpus].emotion(label)
        except KeyError:
            raise ManifestError(f"{where}: unknown label {label!r}") from None
        if emotion is None:
            continue
        audio = folder.parent / row["path"]
        if not audio.is_file():
            raise ManifestError(f"{where}: {audio} is missing")
        try:
            duration_s = float(row["duration_s"])
        except ValueError:
            raise ManifestError(f"{where}: {row['duration_s']!r} is no duration") from None
        kind, vote = row.get("kind") or "", row.get("voice_vote") or ""
        speaker, sex = _named(corpus, row["speaker"]), row["sex"]
        utterances.append(
            Utterance(
                audio,
                corpus,
                speaker,
                sex,
                emotion,
                label,
                duration_s,
                kind,
                vote,
                row.get("sentence") or "",
            )
        )
    return utterances


def write_manifest(folder: Path, corpus: Corpus, recordings: list[Recording]) -> Path:
    """Write the manifest of a corpus that was surveyed, whole or not at all; return its path."""
    path = folder / FILE
    partial = folder / f".{FILE}.partial"
    try:
        with partial.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(COLUMNS)
            for recording in recordings:
                clip, sound = recording.clip, recording.sound
                writer.writerow(
                    (
                        recording.path,
                        corpus.name,
                        f"{corpus.name}_{clip.speaker}",
                        clip.sex,
                        clip.emotion,
                        clip.intensity,
                        clip.sentence,
                        clip.take,
                        round(sound.duration_s, 3),
                        sound.sample_rate,
                    )
                )
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ManifestError(f"{path} cannot be written: {error.strerror}") from error
    return path


def read_original(folder: Path, corpus: Corpus) -> tuple[list[Utterance], Findings]:
    """Return the utterances of a corpus as it was unpacked, and what was found amiss.

    Raises
    ------
    ManifestError
        There is no usable recording.
    """
    recordings, findings = survey(folder, corpus)
    if not recordings:
        raise ManifestError(nothing_in(folder, corpus, findings))
    utterances = []
    for recording in recordings:
        clip = recording.clip
        emotion = corpus.emotion(clip.emotion)
        if emotion is not None:
            utterances.append(
                Utterance(
                    folder.parent / recording.path,
                    corpus.name,
                    f"{corpus.name}_{clip.speaker}",
                    clip.sex,
                    emotion,
                    clip.emotion,
                    recording.sound.duration_s,
                    sentence=str(clip.sentence),
                )
            )
    return utterances, findings


def examined(utterances: list[Utterance], folder: Path) -> tuple[list[Utterance], Findings]:
    """Return the utterances of a manifest that can be used, and what is amiss with its names.

    One whose name gives its speaker another sex than the speaker's other names is left out, as
    `survey` leaves it out: it may be of somebody on the other side of a split. Where a name merely
    says other things than the manifest's line, the line counts.

    Parameters
    ----------
    utterances : list of Utterance
        Of one corpus.
    folder : Path
        Of all the corpora.
    """
    findings, usable = Findings(), []
    wrong = contradictions([(u.speaker, u.sex) for u in utterances])
    for position, utterance in enumerate(utterances):
        path = utterance.path.relative_to(folder).as_posix()
        if position in wrong:
            findings.left_out.append(Finding(path, f"misnamed: {wrong[position]}"))
            continue
        usable.append(utterance)
        differs = _differs(utterance, folder)
        if differs:
            findings.doubtful.append(Finding(path, differs))
    return usable, findings


def _differs(utterance: Utterance, folder: Path) -> str | None:
    """Return how a manifest's line differs from the recording's name, if it is a corpus's name."""
    corpus = CORPORA[utterance.corpus]
    try:
        inner = utterance.path.relative_to(folder / corpus.name)
        clip = corpus.parse(PurePosixPath(inner.as_posix()))
    except ValueError:  # elsewhere, or named otherwise: the manifest alone counts
        return None
    sex = clip.sex or utterance.sex  # a name may not tell it
    name = (f"{corpus.name}_{clip.speaker}", sex, clip.emotion)
    line = (utterance.speaker, utterance.sex, utterance.original)
    return (
        f"its name says {', '.join(name)}, the manifest {', '.join(line)}" if name != line else None
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def find_corpora(folder: Path, *, tell: Callable[[str], None] = _say) -> dict[str, list[Utterance]]:
    """Return the utterances of every corpus found in `folder`, by the corpus's name.

    A corpus with a `manifest.csv` is read from it; one without is searched, file by file.

    Parameters
    ----------
    folder : Path
        Holds one folder a corpus, called as in `training.corpora.CORPORA`.
    tell : callable
        Is told, in a line each, what was left out and what is doubtful.

    Raises
    ------
    ManifestError
        None was found, a corpus's folder is empty, or a manifest is unusable.
    """
    found = {}
    for name, corpus in CORPORA.items():
        own = folder / name
        if (own / FILE).is_file():
            found[name], findings = examined(read_manifest(own), folder)
        elif own.is_dir():
            found[name], findings = read_original(own, corpus)
            tell(f"{name} has no {FILE} yet; `make corpora` writes it")
        else:
            continue
        for line in findings.lines():
            tell(line)
    if not found:
        raise ManifestError(
            f"{folder}: no corpus found; set CORPORA_DIR to a folder with one of "
            f"{', '.join(CORPORA)}; `make corpora` tells how to get them"
        )
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except FileNotFoundError:
        raise ManifestError(f"{path}: no such file") from None
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path} is not a table of comma-separated values: {error}") from error
    if not rows:
        raise ManifestError(f"{path}: holds no recordings")
    return rows


def agreed(utterance: Utterance) -> bool:
    """Return whether most listeners chose the utterance's emotion, or the corpus has no votes."""
    return utterance.vote in ("", utterance.emotion[0].upper())


def _named(corpus: str, speaker: str) -> str:
    """Return a speaker's name with the corpus in front; nEMO pads its names with spaces."""
    name = "_".join(part.strip() for part in speaker.split("_"))
    return name if name.startswith(f"{corpus}_") else f"{corpus}_{name}"


def nothing_in(folder: Path, corpus: Corpus, findings: Findings) -> str:
    """Return a sentence on why a corpus's folder has no usable recording."""
    if not recordings_in(folder):
        return (
            f"{folder}: holds no recordings of {corpus.title}; "
            f"`python -m training prepare {corpus.name}` gets or unpacks them, or says how"
        )
    if findings.outside and not findings.left_out:
        return f"{folder}: none of its recordings is below {' or '.join(corpus.within)}"
    first = findings.left_out[0]
    return (
        f"{folder}: none of its {len(findings.left_out)} recordings is usable; "
        f"the first, {first.path}: {first.reason}"
    )
