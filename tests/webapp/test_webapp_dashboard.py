from __future__ import annotations

import itertools
import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

OF_THE_SCRAPER = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def board(root):
    return json.loads((root / "deploy" / "grafana.json").read_text("utf-8"))


@pytest.fixture
def told(make_app):
    """The names of what /metrics tells, each with its labels' names."""
    text = make_app(metrics=True).test_client().get("/metrics").text
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, set()).update(sample.labels)
    return samples


def expressions(board):
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def names(expression):
    return set(re.findall(r"speech_emotion_\w+", expression))


def test_every_metric_of_the_dashboard_is_told(board, told):
    (job,) = (v["query"] for v in board["templating"]["list"] if v["name"] == "job")
    for expression in (*expressions(board), job):
        assert names(expression)
        assert names(expression) <= set(told)


def test_every_metric_that_is_told_is_on_the_dashboard(board, told):
    families = {
        re.sub(r"_(bucket|count|sum)$", "", name) for name in told if not name.endswith("_created")
    }
    shown = {re.sub(r"_bucket$", "", n) for e in expressions(board) for n in names(e)}
    assert shown == families


def test_every_label_that_is_asked_for_is_one_of_the_metrics(board, told):
    for expression in expressions(board):
        asked = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', expression))
        for group in re.findall(r"\bby \(([^)]*)\)", expression):
            asked |= {label.strip() for label in group.split(",")}
        known = set().union(*(told[name] for name in names(expression)))
        assert asked - OF_THE_SCRAPER <= known


def test_panels_lie_within_the_grid_and_apart(board):
    cells = []
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        rows = range(at["y"], at["y"] + at["h"])
        cells += itertools.product(range(at["x"], at["x"] + at["w"]), rows)
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["title"] for panel in board["panels"])
