"""Fetches a few real actors' clips from RAVDESS's official archive: `make samples`.

The archive's 200 MB stay where they are: only its directory and the members wanted are sent. The
clips go to samples/fetched, which git ignores, since their licence is not this project's.

    S. R. Livingstone and F. A. Russo (2018), The Ryerson Audio-Visual Database of Emotional Speech
    and Song (RAVDESS). PLoS ONE 13(5): e0196391. https://doi.org/10.5281/zenodo.1188976
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
import wave
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.range_file import RangeError, RangeFile

ROOT = Path(__file__).resolve().parent.parent
URL = "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1"
NOTICE = """\
These clips are from RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song, by
S. R. Livingstone and F. A. Russo (2018), PLoS ONE 13(5): e0196391. Licence: CC BY-NC-SA 4.0 (name
the authors, no commercial use, share alike), https://creativecommons.org/licenses/by-nc-sa/4.0/"""
_LARGEST = 8 << 20  # a clip is some 400 KB; more than this is something else
# The corpus's own codes; of a neutral voice there is only the normal intensity.
_CODES = {"neutral": "01", "happy": "03", "sad": "04", "angry": "05", "fearful": "06"}
_STRONG, _NORMAL = "02", "01"


@dataclass(frozen=True)
class Wanted:
    """One clip of the corpus: who says the first sentence for the first time, and how."""

    actor: int
    emotion: str

    @property
    def file(self) -> str:
        """Its name: modality, channel, emotion, intensity, statement, repetition, actor."""
        intensity = _NORMAL if self.emotion == "neutral" else _STRONG
        return f"03-01-{_CODES[self.emotion]}-{intensity}-01-01-{self.actor:02}.wav"

    @property
    def member(self) -> str:
        """Its place in the archive."""
        return f"Actor_{self.actor:02}/{self.file}"

    def entry(self, duration_s: float) -> dict[str, Any]:
        """Tell the list of samples about it."""
        voice = "man" if self.actor % 2 else "woman"  # the corpus numbers its actors so
        return {
            "file": self.file,
            "name": f"{self.emotion.capitalize()}, actor {self.actor} of RAVDESS, a {voice}",
            "emotion": self.emotion,
            "voice": voice,
            "text": "Kids are talking by the door.",
            "duration_s": round(duration_s, 3),
            "source": "RAVDESS, Livingstone and Russo (2018), doi 10.5281/zenodo.1188976",
            "licence": "CC BY-NC-SA 4.0",
            "synthetic": False,
            "acted": True,
        }


class FetchError(Exception):
    """The clips cannot be had; the message is a sentence for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch what is not there yet; one sentence and status 1 if that cannot be done."""
    parser = argparse.ArgumentParser(description="Fetch a few clips of RAVDESS.")
    parser.add_argument("--to", type=Path, default=ROOT / "samples" / "fetched")
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2], choices=range(1, 25))
    options = parser.parse_args(arguments)
    wanted = [Wanted(actor, emotion) for actor in options.actors for emotion in _CODES]
    url = os.environ.get("RAVDESS_URL") or URL
    print(NOTICE, flush=True)
    try:
        received = fetch(url, wanted, options.to)
    except (FetchError, RangeError) as error:
        print(f"samples: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"samples: {options.to} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    print(
        f"{len(wanted)} clips are in {options.to}; {received / 1e6:.1f} MB were fetched for them."
    )
    return 0


def fetch(url: str, wanted: Sequence[Wanted], folder: Path) -> int:
    """Fetch those clips that are not in the folder yet, and list them in its samples.json.

    Each clip is checked against the archive's CRC and appears in the folder whole or not at all.

    Returns
    -------
    How many bytes the server sent.

    Raises
    ------
    FetchError, RangeError
        The archive cannot be read, or is not RAVDESS's.
    """
    entries = _listed(folder)
    missing = [clip for clip in wanted if not _is_there(clip, folder, entries)]
    if not missing:
        return 0
    try:
        with RangeFile(url) as remote, zipfile.ZipFile(remote) as archive:
            # All are looked up before the first is written.
            members = [(clip, _find(archive, clip, url)) for clip in missing]
            folder.mkdir(parents=True, exist_ok=True)
            for clip, member in members:
                data = archive.read(member)
                entries[clip.file] = clip.entry(_duration_s(data, clip))
                _write(folder / clip.file, data)
                listing = [entries[file] for file in sorted(entries)]
                text = json.dumps(listing, indent=2, ensure_ascii=False) + "\n"
                _write(folder / "samples.json", text.encode())
            return remote.received
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise FetchError(f"{url} is damaged, or not a zip archive ({error}).") from error


def _find(archive: zipfile.ZipFile, clip: Wanted, url: str) -> zipfile.ZipInfo:
    try:
        found = archive.getinfo(clip.member)
    except KeyError:
        raise FetchError(
            f"{url} holds no {clip.member}: it is not RAVDESS's archive of speech, or its layout "
            "has changed."
        ) from None
    if found.file_size > _LARGEST:
        raise FetchError(f"{clip.member} in {url} is too large for a clip.")
    return found


def _duration_s(data: bytes, clip: Wanted) -> float:
    try:
        with wave.open(io.BytesIO(data)) as sound:
            frames, rate = sound.getnframes(), sound.getframerate()
            return float(frames / rate)
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise FetchError(f"{clip.member} is not a WAV file ({error}).") from error


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        entries = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
        return {entry["file"]: entry for entry in entries}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError) as error:
        raise FetchError(
            f"{folder / 'samples.json'} is not a list of clips; move it away and try again."
        ) from error


def _is_there(clip: Wanted, folder: Path, entries: dict[str, dict[str, Any]]) -> bool:
    return clip.file in entries and (folder / clip.file).is_file()


def _write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    sys.exit(main())
