"""Goes through a corpus's folder as it was unpacked, and finds its usable recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from training.corpora.corpus import Clip, Corpus, MisnamedError
from training.corpora.findings import Finding, Findings, contradictions
from training.corpora.sound import SUFFIXES, Sound, UnusableError, examine


@dataclass(frozen=True)
class Recording:
    """One usable recording.

    Attributes
    ----------
    path : str
        Relative to the folder of all the corpora.
    clip : Clip
        What its name tells.
    sound : Sound
        What it holds.
    """

    path: str
    clip: Clip
    sound: Sound


def recordings_in(folder: Path) -> list[PurePosixPath]:
    """Return the paths within a folder of all files that may be recordings, sorted."""
    found = []
    for path in folder.rglob("*"):
        inner = PurePosixPath(path.relative_to(folder).as_posix())
        # What is hidden, macOS's twin files among it, is nobody's recording.
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in inner.parts)
        if inner.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            found.append(inner)
    return sorted(found)


def survey(folder: Path, corpus: Corpus) -> tuple[list[Recording], Findings]:
    """Return the usable recordings of a corpus and what was found amiss.

    Of recordings that sound the same the first by path is kept, as `training.signal.store` does.

    Parameters
    ----------
    folder : Path
        The corpus's own, named after it, in the folder of all the corpora.
    """
    findings = Findings()
    members: list[tuple[PurePosixPath, Clip]] = []
    for inner in recordings_in(folder):
        if not corpus.holds(inner):
            findings.outside += 1
            continue
        try:
            members.append((inner, corpus.parse(inner)))
        except MisnamedError as error:
            findings.left_out.append(Finding(f"{folder.name}/{inner}", f"misnamed: {error}"))
    wrong = contradictions([(clip.speaker, clip.sex) for _, clip in members])
    kept: list[Recording] = []
    first: dict[bytes, Recording] = {}
    bar = tqdm(members, desc=f"listening to {corpus.name}", disable=None, leave=False)
    for position, (inner, clip) in enumerate(bar):
        path = f"{folder.name}/{inner}"
        try:
            if position in wrong:
                raise UnusableError(f"misnamed: {wrong[position]}")
            sound = examine(folder / inner)
        except UnusableError as error:
            findings.left_out.append(Finding(path, str(error)))
            continue
        same = first.get(sound.digest)
        if same:
            reason = f"same sound as {same.path}"
            if same.clip.emotion != clip.emotion:
                reason += f", which is called {same.clip.emotion}, and this {clip.emotion}"
            findings.left_out.append(Finding(path, reason))
            continue
        recording = Recording(path, clip, sound)
        first[sound.digest] = recording
        kept.append(recording)
    findings.left_out.sort(key=lambda finding: finding.path)
    return kept, findings
