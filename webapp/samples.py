"""The sample clips: folders of audio files, each with an optional samples.json."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, send_file

from webapp.audio import AudioError
from webapp.protocol import Json

MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".webm": "audio/webm",
    ".mp4": "audio/mp4",
    ".m4a": "audio/mp4",
}
CATALOGUE = "samples.json"
MEASURE_S = 2.0  # how long one listing may spend on finding out how long clips are
MAX_MEASURED_BYTES = 32 << 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clip:
    """One clip.

    Attributes
    ----------
    collection, file : str
        Where it is: a folder of the library, and a path within it.
    path : Path
        Where that is on this machine.
    about : mapping
        What the folder's catalogue says of it.
    """

    collection: str
    file: str
    path: Path
    about: Mapping[str, Any]


class Library:
    """All clips of some folders.

    Parameters
    ----------
    folders : mapping of str to Path
        Each collection's folder, in the order of the list; a folder may be missing.
    measure : callable
        Returns the seconds of a file's bytes, or raises AudioError.
    """

    def __init__(self, folders: Mapping[str, Path], *, measure: Callable[[bytes], float]) -> None:
        self._folders = dict(folders)
        self._measure = measure
        self._durations: dict[tuple[Path, int, int], float | None] = {}

    def clips(self, collection: str) -> Iterator[Clip]:
        """Yield the clips of a collection: those of its catalogue, or else every audio file."""
        folder = self._folders.get(collection)
        if folder is None or not folder.is_dir():
            return
        for file, about in _catalogue(folder):
            path = folder / file
            if path.suffix.lower() in MEDIA_TYPES and path.is_file():
                yield Clip(collection, file, path, about)

    def find(self, collection: str, file: str) -> Clip | None:
        """Return the clip of that name, which must be in the collection's list."""
        return next((clip for clip in self.clips(collection) if clip.file == file), None)

    def listing(self, prefix: str = "") -> list[Json]:
        """Return the clips as the API lists them; a duration not found in time is null until later.

        Parameters
        ----------
        prefix : str
            The sub-path under which the application is published, such as `/emotion`.
        """
        deadline = time.monotonic() + MEASURE_S
        return [
            self._entry(clip, deadline, prefix)
            for collection in self._folders
            for clip in self.clips(collection)
        ]

    def _entry(self, clip: Clip, deadline: float, prefix: str) -> Json:
        about = clip.about
        entry: Json = {
            "name": _text(about, "name") or Path(clip.file).stem,
            "emotion": _text(about, "emotion"),
            "url": f"{prefix}/samples/{quote(clip.collection)}/{quote(clip.file)}",
            "duration_s": self._duration(clip, deadline),
            "source": _text(about, "source"),
            "licence": _text(about, "licence"),
            "synthetic": bool(about.get("synthetic", clip.collection == "synthetic")),
            "collection": clip.collection,
        }
        told = {key: _text(about, key) for key in ("voice", "text")}
        if isinstance(about.get("acted"), bool):
            entry["acted"] = about["acted"]
        return entry | {key: text for key, text in told.items() if text}

    def _duration(self, clip: Clip, deadline: float) -> float | None:
        said = clip.about.get("duration_s")
        if isinstance(said, int | float) and not isinstance(said, bool):
            return float(said)
        try:
            stat = clip.path.stat()
            key = (clip.path, stat.st_mtime_ns, stat.st_size)
            if key not in self._durations:
                if time.monotonic() > deadline or stat.st_size > MAX_MEASURED_BYTES:
                    return None
                self._durations[key] = round(self._measure(clip.path.read_bytes()), 3)
        except (AudioError, OSError) as error:
            log.warning("%s: %s", clip.path.name, error)
            self._durations[key] = None
        return self._durations[key]


def blueprint(library: Library) -> Blueprint:
    """Return the route that serves the clips' bytes."""
    pages = Blueprint("samples", __name__)

    @pages.get("/samples/<collection>/<path:file>")
    def clip(collection: str, file: str) -> Response:
        found = library.find(collection, file)
        if found is None:
            abort(404, "There is no such clip.")
        return send_file(
            found.path, mimetype=MEDIA_TYPES[found.path.suffix.lower()], conditional=True
        )

    return pages


def _catalogue(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the files of a folder with what is known of them."""
    catalogue = folder / CATALOGUE
    if not catalogue.is_file():
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MEDIA_TYPES)
        return [(path.relative_to(folder).as_posix(), {}) for path in files]
    try:
        entries = json.loads(catalogue.read_text("utf-8"))
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read: %s", catalogue, error)
        return []
    usable = []
    for entry in entries if isinstance(entries, list) else []:
        file = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(file, str) and _is_within(file):
            usable.append((PurePosixPath(file).as_posix(), entry))
        else:
            log.warning("%s: an entry names no file of its folder", catalogue)
    return usable


def _is_within(file: str) -> bool:
    path = PurePosixPath(file)
    return (
        bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in file
    )


def _text(about: Mapping[str, Any], key: str) -> str | None:
    value = about.get(key)
    return value if isinstance(value, str) and value else None
