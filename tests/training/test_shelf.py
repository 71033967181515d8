"""A measurement is kept until something that it depends on changes."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.training.untrained import untrained
from training.manifest import Utterance
from training.shelf import Shelf, judging
from training.store import Store

CARD, WEIGHTS = untrained().card, untrained().weights
STORE = Store(
    [Utterance(Path(f"{k}.wav"), "jl", f"s{k}", "F", "sad", "sad", 1.0) for k in range(3)], [], []
)


def test_what_was_made_once_is_not_made_again(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"a": np.arange(3), "b": np.array([[0.5]])}

    first = Shelf(tmp_path).fetch(["key", 1], make)
    again = Shelf(tmp_path).fetch(["key", 1], make)
    assert len(made) == 1
    assert set(first) == set(again) == {"a", "b"}
    np.testing.assert_array_equal(first["a"], again["a"])
    Shelf(tmp_path).fetch(["key", 2], make)
    assert len(made) == 2


def test_nothing_is_left_of_a_measurement_that_failed(tmp_path):
    def fail():
        raise RuntimeError("killed")

    for _ in range(2):
        try:
            Shelf(tmp_path / "shelf").fetch("key", fail)
        except RuntimeError:
            continue
        raise AssertionError("nothing was on the shelf")
    assert not (tmp_path / "shelf").exists()


def test_the_key_changes_with_network_decision_clips_and_code(tmp_path):
    code = tmp_path / "code.py"
    code.write_text("x = 1\n")
    base = judging(CARD, WEIGHTS, STORE, (0, 1), str(code))
    other_decision = replace(CARD, decision=replace(CARD.decision, temperature=3.0))
    changed = [
        judging(CARD, WEIGHTS._replace(network=WEIGHTS.network + b"x"), STORE, (0, 1), str(code)),
        judging(other_decision, WEIGHTS, STORE, (0, 1), str(code)),
        judging(CARD, WEIGHTS, STORE, (0, 2), str(code)),
        judging(CARD, WEIGHTS, STORE, (0, 1)),
    ]
    code.write_text("x = 1  # a comment\n")
    assert judging(CARD, WEIGHTS, STORE, (0, 1), str(code)) == base
    code.write_text("x = 2\n")
    changed.append(judging(CARD, WEIGHTS, STORE, (0, 1), str(code)))
    assert all(key != base for key in changed)
