"""What is known of a corpus: where it lives, under which terms, and how its file names are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from models.labels import EMOTIONS

Sex = Literal["F", "M", ""]


class MisnamedError(ValueError):
    """A file's name is not one of its corpus's; the message is the reason, without the name."""


@dataclass(frozen=True)
class Clip:
    """What a file's name tells of the recording.

    Attributes
    ----------
    speaker : str
        As the corpus calls them, without the corpus's name.
    sex : {"F", "M", ""}
        Empty where the corpus does not tell.
    emotion : str
        A label of the manifests, such as "angry" or "surprised".
    intensity : str
        "normal", "strong" and the like; empty where the corpus has no levels.
    sentence, take : str
    """

    speaker: str
    sex: Sex
    emotion: str
    intensity: str = ""
    sentence: str = ""
    take: str = "1"


@dataclass(frozen=True)
class Archive:
    """A zip file that the corpus's official site gives to anyone.

    Attributes
    ----------
    url, file : str
        Where it is, and what it is called here.
    size : int or None
        Length in bytes, if it is known and does not change.
    md5 : str or None
        Its checksum as the site publishes it; None where the site publishes none (the zip's own
        checksums of its members are then all there is).
    """

    url: str
    file: str
    size: int | None = None
    md5: str | None = None


@dataclass(frozen=True)
class Corpus:
    """One corpus of emotional speech.

    Attributes
    ----------
    name : str
        Of its folder and in the manifests.
    title, language, home, licence, citation : str
        `home` is empty where the project knows no official address.
    parse : callable
        Reads a recording's path within the corpus's folder; raises `MisnamedError`.
    steps : str
        How to get the recordings by hand, as the middle of "To get it, ..., put it there".
    archives : tuple of Archive
    stands_for : mapping
        Labels that stand for one of the five emotions, by the label; all other labels that are not
        themselves one of the five are left out of training.
    left_out : frozenset of str
        Its labels that none of the five emotions covers.
    within : tuple of str
        Only recordings somewhere below a folder of one of these names belong to the corpus; empty:
        all do.
    """

    name: str
    title: str
    language: str
    home: str
    licence: str
    citation: str
    parse: Callable[[PurePosixPath], Clip]
    steps: str
    archives: tuple[Archive, ...] = ()
    stands_for: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()

    def emotion(self, label: str) -> str | None:
        """Return the one of the five emotions that a label means, or None.

        Raises
        ------
        KeyError
            The corpus has no such label.
        """
        emotion = self.stands_for.get(label, label)
        if emotion in EMOTIONS:
            return emotion
        if label in self.left_out:
            return None
        raise KeyError(label)

    def holds(self, path: PurePosixPath) -> bool:
        """Tell whether a recording, by its path in the corpus's folder, is part of the corpus."""
        return not self.within or any(folder in self.within for folder in path.parts[:-1])


def matched(pattern: re.Pattern[str], path: PurePosixPath, example: str) -> re.Match[str]:
    """Return the match of a file's name without its suffix.

    Raises
    ------
    MisnamedError
        It does not match as a whole.
    """
    found = pattern.fullmatch(path.stem)
    if not found:
        raise MisnamedError(f"not a name like {example}")
    return found


def looked_up(codes: Mapping[str, str], code: str, what: str) -> str:
    """Return what a code of a file name stands for.

    Raises
    ------
    MisnamedError
        The corpus has no such code.
    """
    if code not in codes:
        raise MisnamedError(f"{what} {code!r} is none of the corpus's")
    return codes[code]


def agree(folder: str, name: str, what: str) -> None:
    """Compare what the folder says with what the name says.

    Raises
    ------
    MisnamedError
        They differ.
    """
    if folder != name:
        raise MisnamedError(f"the folder says {what} {folder}, the name says {name}")
