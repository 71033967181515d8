"""The command line: `flask --app webapp predict FILE...` and `teach EMOTION=FILE...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask

from models import Speaker
from webapp import protocol
from webapp.audio import AudioError
from webapp.predictions import Floats, Predictor
from webapp.protocol import MAX_SPEAKER_LENGTH, Json, ProtocolError
from webapp.settings import Settings


def register(app: Flask, predictor: Predictor, settings: Settings) -> None:
    """Add the commands to an application."""

    @app.cli.command("predict")
    @click.argument(
        "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=str)
    )
    @click.option(
        "--same-speaker",
        is_flag=True,
        help="One person speaks in all of them: judge each against the mean.",
    )
    @click.option(
        "--speaker",
        "profile",
        metavar="PROFILE",
        type=click.Path(path_type=str),
        help="A file with the profile of the person who speaks in all of them, from `teach`.",
    )
    def predict(files: tuple[str, ...], same_speaker: bool, profile: str | None) -> None:
        """Print one JSON object a line for each FILE: what the HTTP API would answer."""
        limit = settings.max_upload_mb << 20
        if same_speaker and profile:
            raise click.UsageError("--same-speaker and --speaker exclude each other.")
        speaker = _speaker(predictor, files, limit) if same_speaker else None
        if profile:
            speaker = _profile(predictor, profile)
        failed = False
        for file in files:
            line = _line(predictor, file, limit, speaker)
            failed = failed or "error" in line
            click.echo(json.dumps(line))
            sys.stdout.flush()
        if failed:
            raise SystemExit(1)

    @app.cli.command("teach")
    @click.argument("clips", nargs=-1, required=True, metavar="EMOTION=FILE...")
    def teach(clips: tuple[str, ...]) -> None:
        """Print the profile of a speaker from labelled clips: happy=a.wav happy=b.wav angry=c.wav.

        The profile is a short text for `predict --speaker`. A check of the clips goes to standard
        error.
        """
        limit = settings.max_upload_mb << 20
        files: dict[str, list[str]] = {}
        for clip in clips:
            emotion, equals, file = clip.partition("=")
            if not equals or not file:
                raise click.UsageError(f"{clip!r} is not of the form EMOTION=FILE.")
            files.setdefault(emotion, []).append(file)
        try:
            found = predictor.enrol(
                {
                    emotion: [_samples(predictor, file, limit) for file in own]
                    for emotion, own in files.items()
                }
            )
        except (AudioError, ProtocolError) as error:
            raise click.ClickException(_complaint(error, files)) from error
        for sentence in _remarks(found, files):
            click.echo(sentence, err=True)
        click.echo(found["speaker"])


def _samples(predictor: Predictor, file: str, limit: int) -> Floats:
    """Return a file's sound; its error names the file."""
    try:
        return predictor.decode(_read(file, limit)).samples
    except (AudioError, ProtocolError) as error:
        raise ProtocolError(error.code, f"{file}: {error.message}") from error


def _complaint(error: AudioError | ProtocolError, files: dict[str, list[str]]) -> str:
    about = getattr(error, "about", {})
    if "clip" in about:
        return f"{files[about['emotion']][about['clip']]}: {error.message}"
    return error.message


def _remarks(found: Json, files: dict[str, list[str]]) -> list[str]:
    """Return sentences on the check of the clips."""
    said = []
    if check := found["check"]:
        said.append(
            f"Right on {check['untaught']} of {check['clips']} clips before, "
            f"{check['taught']} now, each judged without itself."
        )
    if not found["separates"]:
        said.append("The clips do not differ enough: the model judges this voice as before.")
    said += [
        f"{files[doubt['emotion']][doubt['clip']]} sounds {doubt['resembles']}, "
        f"not {doubt['emotion']}: is its label right?"
        for doubt in found["doubts"]
    ]
    return said


def _profile(predictor: Predictor, file: str) -> Speaker | None:
    """Return the speaker of a profile in a file."""
    try:
        text = Path(file).read_bytes()[: MAX_SPEAKER_LENGTH + 2].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise click.ClickException(f"{file}: the profile cannot be read: {reason}.") from error
    try:
        return predictor.known(text)
    except ProtocolError as error:
        raise click.ClickException(f"{file}: {error.message}") from error


def _line(predictor: Predictor, file: str, limit: int, speaker: Speaker | None) -> Json:
    try:
        return predictor.answer(_read(file, limit), file=file, speaker=speaker)
    except (AudioError, ProtocolError) as error:
        return {"file": file, "error": protocol.error_object(error)}


def _speaker(predictor: Predictor, files: tuple[str, ...], limit: int) -> Speaker:
    """Return what the files that can be read tell of the voice; the others get their line later."""

    def readable() -> Iterator[bytes]:
        for file in files:
            try:
                data = _read(file, limit)
                predictor.duration_s(data)  # all of it decodes
            except (AudioError, ProtocolError):
                continue
            yield data

    return predictor.speaker(readable())


def _read(file: str, limit: int) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    ProtocolError
        `no_file`, `empty` or `too_large`.
    """
    path = Path(file)
    try:
        if path.is_dir():
            raise ProtocolError("no_file", "This is a folder, not a file.")
        with path.open("rb") as opened:
            data = opened.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProtocolError("no_file", f"The file cannot be read: {reason}.") from error
    if not data:
        raise ProtocolError("empty", "The file is empty.")
    if len(data) > limit:
        raise ProtocolError(
            "too_large", f"The file is larger than the {limit >> 20} MB that are accepted."
        )
    return data
