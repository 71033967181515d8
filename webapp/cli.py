"""The command line: `flask --app webapp predict FILE...` and `teach EMOTION=FILE...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
from flask import Flask

from models import Speaker
from webapp import protocol
from webapp.audio import AudioError
from webapp.predictions import Predictor
from webapp.protocol import Json, ProtocolError
from webapp.settings import Settings
from webapp.teaching import Label, Teaching

MAX_PROFILE_BYTES = 1 << 20  # of a file that `--speaker` names; a profile has at most 4 kB


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
        help="The file of the speaker's profile, from the command teach.",
    )
    def predict(files: tuple[str, ...], same_speaker: bool, profile: str | None) -> None:
        """Print one JSON object a line for each FILE: what the HTTP API would answer."""
        if same_speaker and profile is not None:
            raise click.UsageError("--same-speaker and --speaker exclude each other.")
        limit = settings.max_upload_mb << 20
        speaker = _speaker(predictor, files, limit) if same_speaker else None
        if profile is not None:
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
    @click.argument("clips", nargs=-1, required=True, metavar="EMOTION=FILE...", callback=_labels)
    def teach(clips: tuple[Label, ...]) -> None:
        """Print the profile of the speaker of each FILE, who sounds like its EMOTION.

        Save it for the option --speaker of predict. The check of the clips goes to standard error.
        """
        limit = settings.max_upload_mb << 20
        try:
            teaching = Teaching(predictor, settings, clips)
            for clip in clips:
                teaching.decode(partial(_read, clip.file, limit))
            taught = teaching.enrol()
        except ProtocolError as error:
            raise click.ClickException(error.message) from error
        for sentence in _sentences(taught, teaching):
            click.echo(sentence, err=True)
        click.echo(taught["speaker"])


def _labels(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    values: tuple[str, ...],
) -> tuple[Label, ...]:
    """Return the labelled clips of the arguments."""
    labels = []
    for value in values:
        emotion, _, file = value.partition("=")
        if not (emotion and file):
            raise click.BadParameter(f"{value!r} is not EMOTION=FILE, such as happy=a.wav.")
        labels.append(Label(emotion, file))
    return tuple(labels)


def _sentences(taught: Json, teaching: Teaching) -> Iterator[str]:
    """Yield what a person should know about a profile."""
    counts = ", ".join(f"{count} {emotion}" for emotion, count in taught["clips"].items())
    yield f"The profile rests on these clips: {counts}."
    check = taught["check"]
    if check is None:
        yield "There is no check: it needs two clips each of at least two emotions."
    else:
        yield (
            f"Of {check['clips']} clips, each judged by the others, {check['taught']} are right; "
            f"without the profile, {check['untaught']}."
        )
    if not taught["separates"]:
        yield (
            "The clips do not separate the emotions, so the profile adapts to the mean of the "
            "voice only."
        )
    for doubt in taught["doubts"]:
        file = teaching.file(doubt["emotion"], doubt["clip"])
        yield (
            f"{file}: The other clips suggest that this clip is {doubt['resembles']}, "
            f"not {doubt['emotion']}."
        )


def _profile(predictor: Predictor, file: str) -> Speaker:
    """Return the profile in a file.

    Raises
    ------
    click.ClickException
        The file cannot be read, or holds no profile of this model.
    """
    try:
        text = _read(file, MAX_PROFILE_BYTES).decode("utf-8", "replace").strip()
        speaker = predictor.known(text)
    except ProtocolError as error:
        raise click.ClickException(f"{file}: {error.message}") from error
    assert speaker is not None  # a text is given
    return speaker


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
