"""Measure the server; print the figures and write benchmarks/RESULTS.md and its plot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from benchmarks import plot, report
from benchmarks.results import Results
from benchmarks.run import PARTS, Plan, Run

FOLDER = Path(__file__).resolve().parent


def _numbers(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        numbers = sorted({int(part) for part in value.split(",")})
    except ValueError:
        raise click.BadParameter(f"{value!r} is not like 1,50,150") from None
    if numbers[0] < 1:
        raise click.BadParameter("there must be at least one client")
    return tuple(numbers)


def write(results: Results, folder: Path) -> None:
    """Write the page and, where there is a curve, its plot.

    The section on invariance stays: another command measures its figures.
    """
    page = folder / "RESULTS.md"
    old = page.read_text(encoding="utf-8") if page.is_file() else ""
    _, heading, section = old.partition(f"\n{report.INVARIANCE}\n")
    page.write_text(report.page(results) + heading + section, encoding="utf-8")
    if results.curve.levels:
        (folder / report.PLOT).write_text(plot.draw(results.curve), encoding="utf-8")


@click.command()
@click.option(
    "--only",
    type=click.Choice(PARTS),
    multiple=True,
    help="Measure this part; more than once for several. Prints, and writes nothing.",
)
@click.option("--step", default=0.5, help="Seconds of audio between two predictions.")
@click.option("--seconds", default=8.0, help="How long each number of clients is measured.")
@click.option(
    "--clients", callback=_numbers, help="How many at once: 1,50,150. Else until it breaks."
)
@click.option("--quick", is_flag=True, help="Show that it works, not how fast; writes nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Write into this folder, whatever was measured.",
)
def main(
    *,
    only: tuple[str, ...],
    step: float,
    seconds: float,
    clients: tuple[int, ...] | None,
    quick: bool,
    out: Path | None,
) -> None:
    """Measure what a worker carries, its CPU by stage, latency, start, memory, uploads, growth.

    A whole run takes up to eight minutes and wants a machine with nothing else to do. Other
    settings of the environment hold for the measured server too. `python -m benchmarks.invariance`
    measures how often harmless changes of a file change its emotion.
    """
    os.environ["PREDICTION_STEP_S"] = str(step)  # for the servers that are started
    parts = tuple(part for part in PARTS if part in only) if only else PARTS
    if quick:
        plan = Plan.quick(parts=parts, step_s=step)
    else:
        plan = Plan(parts=parts, step_s=step, seconds=seconds, levels=clients)
    results = Run(plan, say=lambda what: click.echo(what, err=True)).measure()
    click.echo(report.page(results))
    whole = parts == PARTS and not quick and clients is None
    if out or whole:
        write(results, out or FOLDER)
        click.echo("RESULTS.md and its plot are written.", err=True)
    if results.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
