"""Measure one worker; print the figures and write benchmarks/RESULTS.md."""

from __future__ import annotations

import contextlib
import sys
import time
from io import BytesIO
from pathlib import Path

import click
import numpy as np
import soundfile

from benchmarks import latency, machine, report, stages
from benchmarks.generator import Generator
from benchmarks.recording import Recording, load, prolong
from benchmarks.script import Script
from models import SAMPLE_RATE, Recognizer
from webapp.settings import Settings

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
ECHO_CLIENTS = 50
FILE_S = 590.0  # just under the ten minutes that are accepted, to the last packet


def _numbers(_context: click.Context, _option: click.Parameter, value: str) -> list[int]:
    try:
        numbers = sorted({int(part) for part in value.split(",")})
    except ValueError:
        raise click.BadParameter(f"{value!r} is not like 1,50,150") from None
    if numbers[0] < 1:
        raise click.BadParameter("there must be at least one client")
    return numbers


def _say(what: str) -> None:
    click.echo(f"  {what} ...", err=True)


def _wav(recording: Recording) -> bytes:
    file = BytesIO()
    samples = np.concatenate(recording.samples())
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def measure(
    *,
    clients: list[int],
    seconds: float,
    quick: bool = False,
    naive: bool = False,
) -> report.Results:
    """Measure everything.

    Parameters
    ----------
    clients : list of int
        How many record at once, level by level.
    seconds : float
        The measured part of each level.
    quick : bool
        Whether to take short ways that show that everything works, not how fast.
    naive : bool
        Whether to measure the obvious way of doing things too.
    """
    began = time.monotonic()
    cores = latency.Cores.choose()
    step_s = Settings.from_environment().prediction_step_s
    replayed = prolong(load(), seconds=Generator.length_s(seconds))
    script = Script.judged(replayed, Recognizer.load(), step_s=step_s)
    pace = {"stagger_s": 0.5, "settle_s": 0.5} if quick else {}
    serving = latency.Serving()
    echo_clients = min(ECHO_CLIENTS, clients[-1])

    _say("stages, each beside its yardstick")
    with machine.on_cores([] if cores.worker is None else [cores.worker]):
        staged = stages.measure(
            prolong(load(), seconds=6 if quick else 14),
            step_s=step_s,
            sessions=2 if quick else stages.SESSIONS,
            librosa=not quick,
            naive=naive,
        )
    _say("start-up")
    serving.ready_s = latency.measure_ready(cores, runs=1 if quick else latency.READY_RUNS)
    with latency.worker(cores, clients=echo_clients, app="benchmarks.echo:app") as (server, pid):
        _say(f"the bare echo with {echo_clients} clients")
        echo = latency.measure_level(
            server,
            pid,
            Script.echoed(replayed, step_s=step_s),
            cores,
            clients=echo_clients,
            seconds=seconds,
            **pace,
        )
    with latency.worker(cores, clients=clients[-1]) as (server, pid):
        time.sleep(1.0)
        serving.idle_mib = machine.resident_mib(pid)
        for count in clients:
            _say(f"live clients: {count}")
            serving.levels.append(
                latency.measure_level(
                    server, pid, script, cores, clients=count, seconds=seconds, **pace
                )
            )
        _say("uploads")
        long = prolong(load(), seconds=20 if quick else FILE_S)
        length_s = sum(map(len, long.samples())) / SAMPLE_RATE
        for name, data in (("WebM with Opus", long.data), ("WAV, 16 kHz, 16 bit", _wav(long))):
            whole = f"upload of {length_s / 60:.1f} min, {name}"
            serving.uploads.append(latency.upload(server, data, name=whole, audio_s=length_s))
    here = machine.Machine.here()
    return report.Results(here, cores, step_s, staged, echo, serving, time.monotonic() - began)


@click.command()
@click.option(
    "--clients", callback=_numbers, default="1,50,150", help="How many at once: 1,50,150."
)
@click.option("--seconds", default=20.0, help="How long each number of clients is measured.")
@click.option("--quick", is_flag=True, help="Show that it works, in a few seconds; writes nothing.")
@click.option("--naive", is_flag=True, help="Measure Keras's predict and re-decoding too.")
def main(*, clients: list[int], seconds: float, quick: bool, naive: bool) -> None:
    """Measure one worker: CPU by stage, latency by number of clients, start, memory, uploads.

    The settings of the environment hold for the measured server too (PREDICTION_STEP_S=0.5).
    """
    if quick:
        clients, seconds = [1, 2], 2.0
    text = report.page(measure(clients=clients, seconds=seconds, quick=quick, naive=naive))
    click.echo(text)
    if not quick:
        RESULTS.write_text(text, encoding="utf-8")
        with contextlib.suppress(ValueError):
            click.echo(f"Written to {RESULTS.relative_to(Path.cwd())}.", err=True)


if __name__ == "__main__":
    sys.exit(main())
