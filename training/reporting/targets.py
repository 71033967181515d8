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


def _pooled_error(report: Report) -> tuple[float, float | None, int, int]:
    own = report["calibration"]
    return own["ece_pooled"], None, own["n"], own["folds"]


def _fair(report: Report) -> tuple[float, float | None, int, int]:
    own = report["fairness"]
    return abs(own["gap"]["mean"]), own["gap"]["sd"], own["n"], own["folds"]


def _size(report: Report) -> tuple[float, float | None, int, int]:
    return report["speed"]["bundle_bytes"] / 1e6, None, 1, 1


def _window_ms(report: Report) -> tuple[float, float | None, int, int]:
    own = report["speed"]["window_ms"]
    return own["median"], None, own["n"], 1


def _ordinary(*path: str) -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        section = report["ordinary"]
        own = section
        for name in path:
            own = own[name]
        return float(own), None, section["n"], len(section["by_kind"])

    return measure


def _sexes(report: Report) -> tuple[float, float | None, int, int]:
    own = report["ordinary"]
    ratios = own["women_over_men"]
    return float(ratios["mean"]), None, own["n"], len(ratios["by_kind"])


def _acted_sexes(report: Report) -> tuple[float, float | None, int, int]:
    ratios = report["ordinary"]["acted_neutral"]["women_over_men"]
    return float(ratios["mean"]), None, report["ordinary"]["n"], len(ratios["by_corpus"])


def _calibrated(report: Report) -> tuple[float, float | None, int, int]:
    own = report["ordinary"]["calibration"]
    return own["after_neutral"] - own["before_neutral"], None, own["people"], 1


def _session(session: str, *, less: str = "") -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["sessions"]
        value = own["mean"][session] - (own["mean"][less] if less else 0.0)
        return value, None, own["n"], own["splits"]

    return measure


def _unchanged(*conditions: str) -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["robustness"]
        values = [own["conditions"][name]["unchanged"]["mean"] for name in conditions]
        return min(values), None, own["n"], own["folds"]

    return measure


def _emotional_sounds(report: Report) -> tuple[float, float | None, int, int]:
    own = report["nonspeech"]
    recorded = own["clips_with_a_false_emotion"]
    values = [recorded[kind]["mean"] for kind in recorded if kind in own["left_out_kinds"]]
    if not values:
        raise KeyError("left_out_kinds")
    return float(np.mean(values)), None, own["n"], own["networks"]


def _uploaded_sounds(report: Report) -> tuple[float, float | None, int, int]:
    own = report["nonspeech"]["uploads"]
    return own["emotional"], None, own["n"], report["nonspeech"]["networks"]


def _taught(lesson: str) -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["teaching"]["corpora"]["lessons"][lesson]
        return own["gain"], None, own["n"], len(own["by_corpus"])

    return measure


def _wrong_kept(count: str) -> Callable[..., Any]:
    def measure(report: Report) -> tuple[float, float | None, int, int]:
        own = report["teaching"]["corpora"]
        lesson = own["lessons"][f"{count}, wrong"]
        return own["wrong_kept"][count], None, lesson["n"], len(lesson["by_corpus"])

    return measure


def _taught_ravdess(report: Report) -> tuple[float, float | None, int, int]:
    own = report["teaching"]["folds"]["lessons"]["3"]["by_corpus"]["ravdess"]
    return own["taught"], None, own["n"], own["pupils"]


def _least_gain(report: Report) -> tuple[float, float | None, int, int]:
    parts = [report["teaching"][name] for name in ("corpora", "folds")]
    found = [part["least_gain"]["gain"] for part in parts if part]
    n = sum(part["lessons"]["1"]["n"] for part in parts if part)
    return min(found), None, n, len(found)


def _taught_calm(report: Report) -> tuple[float, float | None, int, int]:
    own = report["teaching"]["ordinary"]
    return own["taught"] - own["nothing"], None, own["n"], own["people"]


def _worst_error(report: Report) -> tuple[float, float | None, int, int]:
    own = report["calibration"]["by_corpus"]
    return max(values["ece"] for values in own.values()), None, report["calibration"]["n"], len(own)


TAUGHT = "leave one corpus out, UAR when taught less UAR when only the mean is known"
SPEAKERS = "folds by speaker, UAR"
LEFT = "leave one corpus out, UAR"
ORDINARY = "sources of ordinary speech left out of training"
TEACHING = (
    Target("one clip of each emotion taught", TAUGHT, 0.08, True, _taught("1")),
    Target("two clips of each emotion taught", TAUGHT, 0.11, True, _taught("2")),
    Target("three clips of each emotion taught", TAUGHT, 0.14, True, _taught("3")),
    Target("five clips of each emotion taught", TAUGHT, 0.16, True, _taught("5")),
    Target(
        "one clip of neutral, happy and angry taught, all five tested",
        TAUGHT,
        0.02,
        True,
        _taught("1, few"),
    ),
    Target(
        "three clips of neutral, happy and angry taught, all five tested",
        TAUGHT,
        0.05,
        True,
        _taught("3, few"),
    ),
    Target(
        "gain kept with one wrong label, one clip of each emotion",
        "leave one corpus out, share of the gain with right labels",
        0.5,
        True,
        _wrong_kept("1"),
    ),
    Target(
        "gain kept with one wrong label, three clips of each emotion",
        "leave one corpus out, share of the gain with right labels",
        0.9,
        True,
        _wrong_kept("3"),
    ),
    Target(
        "RAVDESS, unseen actors, three clips of each emotion taught",
        SPEAKERS,
        0.83,
        True,
        _taught_ravdess,
    ),
    Target(
        "least gain of a corpus by teaching",
        "folds by speaker and leave one corpus out, UAR",
        -0.01,
        True,
        _least_gain,
    ),
    Target(
        "false alarms in ordinary speech after teaching neutral, less before",
        f"windows that show an emotion but neutral; {ORDINARY}",
        0.0,
        False,
        _taught_calm,
    ),
)
"""Aims of teaching; speakers with a single sentence give no figure."""
TARGETS = (
    Target(
        "false alarms in ordinary speech",
        f"windows that show an emotion but neutral; {ORDINARY}",
        0.12,
        False,
        _ordinary("false"),
    ),
    Target(
        "false alarms in acted neutral speech",
        "windows of neutral clips that show another emotion; leave one corpus out",
        0.12,
        False,
        _ordinary("acted_neutral", "false"),
    ),
    Target(
        "people who see a false emotion in their first ten seconds",
        f"share of speakers; {ORDINARY}",
        0.30,
        False,
        _ordinary("anybody_first_10_s"),
    ),
    Target(
        "changes of the display a minute",
        f"of speech; {ORDINARY}",
        4.0,
        False,
        _ordinary("changes_a_minute"),
    ),
    Target(
        "ordinary speech told from emotional speech",
        "area under the curve of a clip's probability of neutral; both left out of training",
        0.85,
        True,
        _ordinary("auc"),
    ),
    Target(
        "false alarms of women over those of men",
        f"ratio of the means over the kinds; {ORDINARY}",
        1.3,
        False,
        _sexes,
    ),
    Target(
        "false alarms of women over those of men, acted neutral speech",
        "ratio of the means over the corpora; leave one corpus out",
        1.3,
        False,
        _acted_sexes,
    ),
    Target("another corpus", LEFT, 0.46, True, _session("nothing")),
    Target(
        "another corpus, ten seconds of neutral speech known", LEFT, 0.50, True, _session("neutral")
    ),
    Target("another corpus, all other clips known", LEFT, 0.57, True, _session("all")),
    Target(
        "five clips of the tested emotion known, less nothing known",
        LEFT,
        -0.01,
        True,
        _session("same", less="nothing"),
    ),
    Target(
        "neutral speech found more often after a calibration",
        f"windows shown as neutral, after less before; {ORDINARY}",
        0.0,
        True,
        _calibrated,
    ),
    Target("RAVDESS, unseen actors", SPEAKERS, 0.72, True, _folds("ravdess")),
    Target(
        "RAVDESS, unseen actors, other clips known",
        SPEAKERS,
        0.77,
        True,
        lambda r: (
            r["speakers"]["ravdess"]["uar_warm_mean"],
            r["speakers"]["ravdess"]["uar_warm_sd"],
            r["speakers"]["ravdess"]["n"],
            len(r["speakers"]["ravdess"]["splits"]),
        ),
    ),
    Target(
        "sounds of unknown kinds that are given an emotion",
        "clips with a window that shows an emotion but neutral; the kind left out of training",
        0.05,
        False,
        _emotional_sounds,
    ),
    Target(
        "uploaded sounds of unknown kinds that are given an emotion",
        "the answer names an emotion but neutral; the kind left out of training",
        0.05,
        False,
        _uploaded_sounds,
    ),
    Target(
        "decisions unchanged on a telephone",
        "share of clips, folds by speaker",
        0.85,
        True,
        _unchanged("telephone band"),
    ),
    Target(
        "decisions unchanged under noise at 10 dB",
        "share of clips, folds by speaker",
        0.85,
        True,
        _unchanged("noise at 10 dB"),
    ),
    Target(
        "decisions unchanged at another level",
        "share of clips, folds by speaker; the worst of 12 dB louder, clipped, 12 and 30 dB softer",
        0.94,
        True,
        _unchanged("12 dB louder", "12 dB softer", "30 dB softer", "12 dB louder, clipped"),
    ),
    Target(
        "expected calibration error",
        "all clips of the folds by speaker together, a fold's temperature from the other folds",
        0.02,
        False,
        _pooled_error,
    ),
    Target(
        "expected calibration error of the worst corpus",
        "folds by speaker",
        0.06,
        False,
        _worst_error,
    ),
    Target(
        "gap between women and men",
        "difference of UAR, folds by speaker, mean over corpora",
        0.05,
        False,
        _fair,
    ),
    *TEACHING,
    Target("size of the bundle, MB", "weights and card", 1.5, False, _size),
    Target("one window on one core, ms", "weights of eight bits, median", 0.2, False, _window_ms),
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
