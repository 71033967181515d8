"""The command line: `flask --app webapp predict FILE...`."""

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
from webapp.predictions import Predictor
from webapp.protocol import Json, ProtocolError
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
    def predict(files: tuple[str, ...], same_speaker: bool) -> None:
        """Print one JSON object a line for each FILE: what the HTTP API would answer."""
        limit = settings.max_upload_mb << 20
        speaker = _speaker(predictor, files, limit) if same_speaker else None
        failed = False
        for file in files:
            line = _line(predictor, file, limit, speaker)
            failed = failed or "error" in line
            click.echo(json.dumps(line))
            sys.stdout.flush()
        if failed:
            raise SystemExit(1)


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
