"""Unpacks a corpus's archive: nothing of it can land elsewhere, and it is there whole or not."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from tqdm import tqdm

MOST_BYTES = 40 << 30
_RATIO = 200  # a megabyte of sound does not compress to less than a 200th; a bomb does
_LEAST_BOMB = 1 << 30


class UnpackError(Exception):
    """The archive cannot be unpacked; the message is a sentence for people."""


def unpack(path: Path) -> Path:
    """Unpack a zip file into a folder of its name beside it, and return that folder.

    A folder that is there already was unpacked before, and is left as it is.

    Raises
    ------
    UnpackError
        It is no zip file, is damaged or protected by a password, has a member that would land
        outside of the folder or is a link, or is larger than a corpus or the disk.
    """
    target = path.with_suffix("")
    if target.is_dir():
        return target
    try:
        with (
            zipfile.ZipFile(path) as archive,
            # A dot in front: a half-unpacked folder is nobody's recordings.
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".unpacking-") as half,
        ):
            members = [member for member in archive.infolist() if not member.is_dir()]
            places = {member.filename: _place(path, member) for member in members}
            _check_size(path, members)
            whole = Path(half) / "whole"
            whole.mkdir()
            for member in tqdm(members, desc=f"unpacking {path.name}", disable=None, leave=False):
                place = whole / places[member.filename]
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, place.open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
            whole.replace(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnpackError(f"{path} cannot be unpacked: {str(error).rstrip('.')}.") from error
    except OSError as error:
        raise UnpackError(f"{path} cannot be unpacked: {error.strerror}.") from error
    return target


def _place(path: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    """Return where a member goes, relative to the folder."""
    name = member.filename
    place = PurePosixPath(name)
    windows = PureWindowsPath(name)
    outside = place.is_absolute() or windows.drive or windows.root or "\\" in name
    if outside or ".." in place.parts or not place.parts:
        raise UnpackError(f"{path} is refused: its member {name!r} would land outside of it.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnpackError(f"{path} is refused: its member {name!r} is a link.")
    return place


def _check_size(path: Path, members: list[zipfile.ZipInfo]) -> None:
    size = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    if size > MOST_BYTES or (size > _LEAST_BOMB and size > _RATIO * packed):
        raise UnpackError(f"{path} is refused: it claims to hold {size / 1e9:.1f} GB.")
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise UnpackError(
            f"{path} needs {size / 1e9:.1f} GB unpacked, and {free / 1e9:.1f} GB are free."
        )
