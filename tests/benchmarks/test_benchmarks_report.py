"""What the report says of the figures, and when it warns."""

from __future__ import annotations

import dataclasses
import math
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import level, results

from benchmarks.capacity import Curve
from benchmarks.latency import percentile
from benchmarks.onset import Onsets
from benchmarks.plot import draw
from benchmarks.report import page, warnings
from benchmarks.results import Results
from benchmarks.targets import in_the_way, targets
from benchmarks.text import number, table
from benchmarks.uploads import Meanwhile, Upload


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


def row(text, name):
    """Return the cells of the first row that begins with a name."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_holds_what_was_measured():
    text = page(results())
    assert row(text, "decode")[1:4] == ["1.00", "0.800", "1.25"]
    assert row(text, "a session without")[1] == "1.50"
    assert row(text, "**all, 50 clients**")[1] == "2.20"
    assert row(text, "sockets")[1:3] == ["0.700", "0.800"]  # 2.2 less 1.5, beside the echo's
    assert row(text, "400 ")[1:5] == ["2.00", "2.00", "2.00", "200"]
    assert row(text, "420 of 600")[1] == "2.00"
    assert row(text, "gunicorn's start to /readyz 200, s ")[1] == "at most 2"
    assert row(text, "upload of 10.0 min, an upload")[1] == "400"
    assert row(text, "10 workers of one")[3] == "+5.0 %"
    assert row(text, "0.25 s")[2] == "300"
    assert "a p99 of 2 s only, it carries 4 live sessions" in text
    assert "carries 100 times as many" in text
    assert "At 500 it breaks: p95 is 400 ms, above 100." in text
    assert row(text, "decoding")[1:] == ["60 %", "1.20"]


def test_a_run_of_some_parts_has_a_page_too():
    nothing = Results(results().machine, results().cores, 0.5)
    assert {target.verdict for target in targets(nothing)} == {"not measured"}
    assert "## Targets" in page(nothing)


def test_targets_that_are_reached_are_said_to_be():
    assert {target.verdict for target in targets(results())} == {"yes", "yes, and the aim"} - {
        "" if targets(results())[0].aim else "yes, and the aim"
    }
    assert targets(results())[0].verdict == "yes, and the aim"
    assert in_the_way(results()) == []


@pytest.mark.parametrize(
    ("parts", "missed", "said"),
    [
        (
            {"curve": Curve([level(50), level(100), level(150, cpu_ms=6.0, latencies_s=[0.3])])},
            "live sessions",
            "at 150 sessions p95 is 300 ms, above 100. The worker's core was busy for 90 % there",
        ),
        (
            {"curve": Curve([level(1, cpu_ms=9.0), level(400, cpu_ms=2.6)])},
            "CPU for a second",
            "decoding 1.20 ms (60 %), network 0.800 ms (40 %)",
        ),
        ({"idle_mib": 170.0}, "memory of a worker", "imports"),
        ({"ready_s": [2.5]}, "gunicorn's start", "imports"),
        ({"onsets": [Onsets(0.5, [0.5] * 20)]}, "a sound's onset", "half a step"),
        (
            {"meanwhile": Meanwhile(level(50), [Upload("an upload", 600.0, 3.0)])},
            "an uploaded",
            "alone a file gets 400 (an upload)",
        ),
        (
            {
                "meanwhile": Meanwhile(
                    level(50, latencies_s=[0.2] * 9), [Upload("an upload", 600.0, 1.0)]
                )
            },
            "an uploaded",
            "50 live sessions",
        ),
        (
            {
                "growth": [
                    results().growth[0],
                    dataclasses.replace(results().growth[1], levels=[level(200, cpu_ms=2.3)]),
                ]
            },
            "CPU of a session",
            "caches",
        ),
    ],
)
def test_for_a_target_that_is_missed_the_page_says_what_is_in_the_way(parts, missed, said):
    measured = results(**parts)
    (target,) = (target for target in targets(measured) if target.reached is False)
    assert target.what.startswith(missed)
    (sentence,) = in_the_way(measured)
    assert said in sentence
    assert f"* {sentence}" in page(measured)


def test_levels_that_all_hold_below_the_target_say_nothing_of_it():
    assert targets(results(curve=Curve([level(1), level(2)])))[0].verdict == "not measured"


def test_an_undisturbed_run_has_no_warning():
    assert warnings(results()) == []


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({"refused": Counter(busy=1), "recording": 1}, "refused 1 times busy"),
        ({"recording": 1}, "1 recorded when the measured part began"),
        ({"problems": Counter(too_fast=1)}, "1 times too_fast"),
        ({"errors": ["lost", "lost again"]}, "2 errors, the first: lost"),
        ({"unsummed": 3}, "3 recordings ended without a summary"),
        ({"missing": 4}, "4 predictions did not come"),
        ({"skipped": 5}, "skipped 5 predictions"),
        ({"lateness_s": [0.05] * 10}, "did not keep up"),
    ],
)
def test_what_speaks_against_the_figures_is_said(load, said):
    measured = results(echo=level(2, **load))
    (sentence,) = warnings(measured)
    assert said in sentence
    assert sentence in page(measured)


def test_what_others_took_of_the_core_is_said():
    crowded = dataclasses.replace(level(2), others=0.4)
    (sentence,) = warnings(results(curve=Curve([crowded])))
    assert "other processes took 40 % of the worker's core" in sentence


def test_a_part_that_failed_is_said_first():
    assert warnings(results(failures=["onset could not be measured: no browser"]))[0].startswith(
        "onset could not"
    )


def test_the_plot_is_a_small_picture_that_the_same_figures_give_again():
    picture = draw(results().curve)
    assert ET.fromstring(picture).tag.endswith("svg")
    assert len(picture.encode()) < 200_000
    assert draw(results().curve) == picture
