"""What the report says of the figures, and when it warns."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.client import Load
from benchmarks.latency import Cores, Level, Serving, Upload, percentile
from benchmarks.machine import Machine
from benchmarks.report import Results, number, page, table, warnings
from benchmarks.stages import Stage, Stages


@given(st.lists(st.floats(0, 1e3), min_size=1), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_percentiles_are_numpys_without_interpolation(values, share):
    assert percentile(values, share) == np.quantile(values, share, method="inverted_cdf")


def test_a_percentile_of_nothing_is_no_number():
    assert math.isnan(percentile([], 0.5))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01234, "0.012"), (1.2345, "1.23"), (12.345, "12.3"), (1234.5, "1234"), (0, "0")],
)
def test_figures_have_three_digits(value, text):
    assert number(value) == text


def test_a_table_lines_up():
    lines = table(("a", "b"), [("long name", "1"), ("x", "1000")]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[2] == "| long name |    1 |"


def results(**load):
    machine = Machine("A CPU", 2, 8.0, "Linux x86_64", "3.11.7", "abc", "today")
    measured = Load(
        clients=2, seconds=10.0, recording=2, latencies_s=[0.002] * 99 + [0.5], own_cpu=0.1
    )
    level = Level(dataclasses.replace(measured, **load), worker_cpu_s=0.05, worker_mib=80.0)
    echo = Level(measured, worker_cpu_s=0.02, worker_mib=70.0)
    stages = Stages([Stage("decode", 1.0, 0.8, "libopus alone")], 1.5, 0.3, 4.0, 0.9)
    serving = Serving([1.0, 1.5, 1.1], 78.0, [level], [Upload("an upload", 600.0, 2.0)])
    return Results(machine, Cores(1, 0), 0.25, stages, echo, serving, took_s=100.0)


def row(text, name):
    """Return the cells of the row that begins with a name."""
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_holds_what_was_measured():
    text = page(results())
    assert row(text, "decode")[1:4] == ["1.00", "0.800", "1.25"]
    assert row(text, "a session")[1] == "1.50"
    assert row(text, "**all, 2 clients**")[1] == "2.50"
    assert row(text, "sockets")[1:3] == ["1.00", "1.00"]  # 2.5 less 1.5, beside the echo's
    assert row(text, "2 ")[1:5] == ["2.00", "2.00", "2.00", "500"]
    assert row(text, "gunicorn")[1] == "1.10"
    assert row(text, "an upload")[1] == "300"


def test_an_undisturbed_run_has_no_warning():
    assert warnings(results()) == []


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({"refused": Counter(busy=1), "recording": 1}, "refused 1 times busy"),
        ({"recording": 1}, "1 recorded when the measured part began"),
        ({"problems": Counter(too_fast=1)}, "1 times too_fast"),
        ({"errors": ["lost", "lost again"]}, "2 errors, the first: lost"),
        ({"missing": 4}, "4 predictions did not come"),
        ({"skipped": 5}, "skipped 5 predictions"),
        ({"lateness_s": [0.05] * 10}, "did not keep up"),
    ],
)
def test_what_speaks_against_the_figures_is_said(load, said):
    (sentence,) = warnings(results(**load))
    assert said in sentence
    assert sentence in page(results(**load))
