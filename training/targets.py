"""What the project set out to reach, beside what it reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Report = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One aim.

    Attributes
    ----------
    what, how : str
        The quantity, and how it was measured.
    bound : float
    least : bool
        Whether the figure must reach the bound; otherwise it must not exceed it.
    measure : callable
        From a report to figure, standard deviation or None, n, and the number of splits; raises
        KeyError, TypeError or IndexError where the report has nothing of it.
    """

    what: str
    how: str
    bound: float
    least: bool
    measure: Callable[[Report], tuple[float, float | None, int, int]]


def _folds(corpus: str) -> Callable[[Report], tuple[float, float | None, int, int]]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["speakers"][corpus]
        return own["uar_mean"], own["uar_sd"], own["n"], len(own["splits"])

    return measure


def _gain(splits: list[dict[str, Any]], n: int) -> tuple[float, float | None, int, int]:
    gains = [one["uar_warm"] - one["uar"] for one in splits]
    return float(np.mean(gains)), float(np.std(gains)), n, len(gains)


def _left_out(report: Report, key: str) -> tuple[float, float | None, int, int]:
    values = [own[key] for own in report["corpora"].values()]
    n = sum(own["n"] for own in report["corpora"].values())
    return float(np.mean(values)), float(np.std(values)), n, len(values)


def _left_out_gain(report: Report) -> tuple[float, float | None, int, int]:
    splits = [split for own in report["corpora"].values() for split in own["splits"]]
    return _gain(splits, sum(own["n"] for own in report["corpora"].values()))


def _warming(report: Report) -> tuple[float, float | None, int, int]:
    own = report["warm_up"]
    return float(own["share_of_gain_by_10_s"]), None, own["n"], own["splits"]


def _worst(which: str, extreme: Callable[..., Any]) -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["robustness"]
        worst = extreme(own["conditions"].values(), key=lambda one: one[which]["mean"])[which]
        return worst["mean"], worst["sd"], own["n"], own["folds"]

    return measure


def _spread(*path: str, n: str = "n", folds: str = "folds") -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        section = report[path[0]]
        own = section
        for name in path[1:]:
            own = own[name]
        return own["mean"], own["sd"], section[n], section[folds]

    return measure


def _pooled_error(report: Report) -> tuple[float, float | None, int, int]:
    own = report["calibration"]
    return own["ece_pooled"], None, own["n"], own["folds"]


def _fair(report: Report) -> tuple[float, float | None, int, int]:
    own = report["fairness"]
    return abs(own["gap"]["mean"]), own["gap"]["sd"], own["n"], own["folds"]


def _unfairest(report: Report) -> tuple[float, float | None, int, int]:
    own = report["fairness"]
    return own["largest_gap"], None, own["n"], own["folds"]


def _size(report: Report) -> tuple[float, float | None, int, int]:
    return report["speed"]["bundle_bytes"] / 1e6, None, 1, 1


def _float_ms(report: Report) -> tuple[float, float | None, int, int]:
    own = report["speed"]["float32"]["window_ms"]
    return own["median"], None, own["n"], 1


def _int8_ms(report: Report) -> tuple[float, float | None, int, int]:
    own = report["speed"]["window_ms"]
    return own["median"], None, own["n"], 1


def _int8_cost(report: Report) -> tuple[float, float | None, int, int]:
    own = report["speed"]["float32"]
    return own["uar_cost"], None, own["n"], 1


SPEAKERS = "folds by speaker, UAR"
LEFT = "leave one corpus out, UAR"
TARGETS = (
    Target("RAVDESS, unseen actors", SPEAKERS, 0.75, True, _folds("ravdess")),
    Target("nEMO, unseen speakers", SPEAKERS, 0.65, True, _folds("nemo")),
    Target("ASED, unseen speakers", SPEAKERS, 0.65, True, _folds("ased")),
    Target("another corpus", LEFT, 0.48, True, lambda r: _left_out(r, "uar_mean")),
    Target(
        "RAVDESS, gain from knowing the speaker",
        "UAR with the speaker's other clips known, unlabelled, less without",
        0.03,
        True,
        lambda r: _gain(r["speakers"]["ravdess"]["splits"], r["speakers"]["ravdess"]["n"]),
    ),
    Target(
        "another corpus, gain from knowing the speaker",
        "the same, leaving one corpus out",
        0.08,
        True,
        _left_out_gain,
    ),
    Target(
        "share of the gain reached after 10 s",
        "leave one corpus out; the gain after 60 s of the speaker's other speech is 1",
        0.5,
        True,
        _warming,
    ),
    Target(
        "decisions unchanged by the worst disturbance",
        "share of clips, folds by speaker",
        0.85,
        True,
        _worst("unchanged", min),
    ),
    Target(
        "UAR lost to the worst disturbance",
        "folds by speaker",
        0.05,
        False,
        _worst("uar_lost", max),
    ),
    Target(
        "expected calibration error",
        "all clips of the folds by speaker together, a fold's temperature from the other folds",
        0.05,
        False,
        _pooled_error,
    ),
    Target(
        "expected calibration error within a fold",
        "mean over the folds, in each of which two corpora's few speakers are most of the clips",
        0.05,
        False,
        _spread("calibration", "ece"),
    ),
    Target(
        "gain from abstaining on a fifth",
        "UAR of the clips judged, less of all",
        0.06,
        True,
        _spread("calibration", "abstaining", "uar_gain"),
    ),
    Target(
        "sounds that are no speech, refused",
        "share of windows judged silence or unsure",
        0.85,
        True,
        _spread("nonspeech", "all", folds="networks"),
    ),
    Target(
        "gap between women and men",
        "difference of UAR, folds by speaker, mean over corpora",
        0.05,
        False,
        _fair,
    ),
    Target(
        "gap between women and men in the worst corpus",
        "the same, one corpus",
        0.05,
        False,
        _unfairest,
    ),
    Target("size of the bundle, MB", "weights and card", 1.0, False, _size),
    Target("one window on one core, ms", "float32 weights, median", 0.5, False, _float_ms),
    Target("the same as it is served, ms", "int8 weights, median", 0.2, False, _int8_ms),
    Target(
        "UAR lost by int8 weights",
        "one fold by speaker, mean over corpora",
        0.005,
        False,
        _int8_cost,
    ),
)


def targets(report: Report) -> list[dict[str, Any]]:
    """Return a row for every target: figure, spread, n, splits, and whether it is met.

    A target that the report has no figure for has the figure None.
    """
    rows = []
    for target in TARGETS:
        row: dict[str, Any] = {
            "what": target.what,
            "how": target.how,
            "target": target.bound,
            "at": "least" if target.least else "most",
            "figure": None,
            "met": None,
        }
        try:
            figure, sd, n, splits = target.measure(report)
        except (KeyError, TypeError, IndexError, ValueError):
            rows.append(row)
            continue
        met = figure >= target.bound if target.least else figure <= target.bound
        row |= {
            "figure": round(float(figure), 4),
            "sd": None if sd is None else round(float(sd), 4),
            "n": n,
            "splits": splits,
            "met": bool(met),
        }
        rows.append(row)
    return rows
