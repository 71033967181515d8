"""`python -m training prepare [CORPUS...]`: gets corpora, unpacks them, writes their manifests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.corpora import CORPORA, Corpus
from training.corpora.fetch import FetchError, fetch
from training.corpora.findings import Findings
from training.corpora.manifest import (
    FILE,
    ManifestError,
    corpora_folder,
    examined,
    nothing_in,
    read_manifest,
    write_manifest,
)
from training.corpora.survey import recordings_in, survey
from training.corpora.unpack import UnpackError, unpack


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the corpora named, or all that are there; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training prepare",
        description="Say which corpora are there and how to get the others; write the manifests "
        "of those that are there; fetch those that are named, where their sites allow it.",
    )
    parser.add_argument(
        "corpora", nargs="*", metavar="CORPUS", help=f"of: {', '.join(CORPORA)} (all)"
    )
    parser.add_argument("--to", type=Path, default=corpora_folder(), help="the folder of them all")
    parser.add_argument("--again", action="store_true", help="write manifests that are there anew")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.corpora if name not in CORPORA]
    if unknown:
        parser.error(f"there is no corpus {unknown[0]!r}; there are {', '.join(CORPORA)}")
    failed = False
    for name in options.corpora or CORPORA:
        try:
            prepare(
                CORPORA[name],
                options.to,
                get=name in options.corpora,
                again=options.again,
            )
        except (FetchError, UnpackError, ManifestError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
        except KeyboardInterrupt:
            print(f"\n{name}: stopped; run it again to go on", file=sys.stderr)
            return 130
    return int(failed)


def prepare(corpus: Corpus, to: Path, *, get: bool, again: bool = False) -> None:
    """Bring one corpus as far as it goes, and say on standard output how far that is.

    Parameters
    ----------
    to : Path
        The folder of all the corpora.
    get : bool
        The corpus was asked for: fetch it if it is not there and its site allows it.
    again : bool
        Search the folder even if there is a manifest.

    Raises
    ------
    FetchError, UnpackError, ManifestError
        The corpus was asked for and cannot be had, or what is there cannot be used.
    """
    folder = to / corpus.name
    if (folder / FILE).is_file() and not again:
        _tell_manifest(corpus, folder)
        return
    _unpack_all(folder)
    if not (folder.is_dir() and recordings_in(folder)):
        if not get:
            print(f"{corpus.name}: not here. {_how(corpus, folder)}")
            return
        if not corpus.archives:
            raise ManifestError(f"cannot be fetched for you. {_how(corpus, folder)}")
        print(f"{corpus.name}: {corpus.title}\n  licence: {corpus.licence}\n  {corpus.citation}")
        for archive in corpus.archives:
            fetch(archive, folder)
        _unpack_all(folder)
    recordings, findings = survey(folder, corpus)
    _tell_findings(corpus, findings)
    if not recordings:
        raise ManifestError(nothing_in(folder, corpus, findings))
    path = write_manifest(folder, corpus, recordings)
    speakers = {recording.clip.speaker for recording in recordings}
    print(
        f"{corpus.name}: {len(recordings)} recordings of {len(speakers)} speakers, "
        f"{len(findings.left_out)} left out; wrote {path}"
    )


def _tell_manifest(corpus: Corpus, folder: Path) -> None:
    utterances, findings = examined(read_manifest(folder), folder.parent)
    _tell_findings(corpus, findings)
    speakers = {utterance.speaker for utterance in utterances}
    print(
        f"{corpus.name}: {len(utterances)} recordings of the five emotions by {len(speakers)} "
        f"speakers, in {folder / FILE}"
    )


def _tell_findings(corpus: Corpus, findings: Findings) -> None:
    for line in findings.lines():
        print(f"{corpus.name}: {line}")


def _unpack_all(folder: Path) -> None:
    """Unpack every zip file in the corpus's folder, unless its recordings lie there already."""
    archives = [path for path in sorted(folder.glob("*.zip")) if not path.name.startswith(".")]
    unpacked = {path.stem for path in archives}
    if any(inner.parts[0] not in unpacked for inner in recordings_in(folder)):
        return
    for path in archives:
        unpack(path)


def _how(corpus: Corpus, folder: Path) -> str:
    """Return how to get a corpus."""
    run = f"`python -m training prepare {corpus.name}`"
    if corpus.archives:
        size = sum(archive.size or 0 for archive in corpus.archives)
        much = f" ({size / 1e6:.0f} MB)" if size else ""
        return f"{run} fetches it{much} from {corpus.home}; licence: {corpus.licence}."
    home = f"{corpus.home}; " if corpus.home else ""
    return (
        f"To get it, {corpus.steps} ({home}licence: {corpus.licence}), put it into "
        f"{folder}, zipped or unpacked, and run {run}."
    )
