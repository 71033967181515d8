"""False alarms: emotions that are shown for people who speak in an ordinary voice.

Each speaker of ordinary speech is one stream, and the network heard nothing of the source that the
speaker belongs to. A window is a false alarm if it shows any emotion but neutral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle import Decision
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.speaker import Speaker
from models.timeline import Window
from training.data.cache import Arrays, Cache
from training.data.tracks import Track, joined
from training.evaluation.outcomes import (
    Doubles,
    Outcome,
    Trained,
    courses,
    decided,
    of_speakers,
    packed,
    truth_of,
    unpacked,
)
from training.signal.store import Store

FIRST_S = 10.0
"""Seconds of a session in which a visitor forms an opinion."""
LATER_S = (30.0, 60.0)
"""Seconds of a session after which false alarms are counted again."""
CALIBRATION_FRAMES = 600
"""Frames with speech of a calibration: about ten seconds of talking."""
HIGH_HZ = 165.0
"""Voices with a higher mean pitch count as high."""


@dataclass(frozen=True)
class Person:
    """One speaker of ordinary speech, and the judgement of the speaker's stream.

    Attributes
    ----------
    speaker, kind, sex : str
    pitch_hz : float
        Geometric mean.
    plain : ndarray
        Course of the whole stream, nothing known at its beginning.
    rest, calibrated : ndarray or None
        Courses of the speech after the first ten seconds, nothing known, and with those seconds as
        a neutral calibration. None where there is too little speech.
    """

    speaker: str
    kind: str
    sex: str
    pitch_hz: float
    plain: Doubles
    rest: Doubles | None
    calibrated: Doubles | None


def people(store: Store, trained: Trained, *, cache: Cache) -> list[Person]:
    """Return what a split's network says of the ordinary speakers among its test utterances."""
    test = [i for i in trained.split.test if store.utterances[i].kind]
    names = [store.utterances[i].path.name for i in test]
    if not test:
        return []
    found = cache.fetch(_people, store, trained, test, key=[trained.digest, names])
    plain, rest, calibrated = (unpacked(found, name) for name in ("plain", "rest", "calibrated"))
    later = {int(row): k for k, row in enumerate(found["later"])}
    made = []
    for row, own in enumerate(of_speakers(store, test).values()):
        first, at = store.utterances[own[0]], later.get(row)
        made.append(
            Person(
                first.speaker,
                first.kind,
                first.sex,
                _pitch_hz([store.tracks[i][0] for i in own], trained.card.features),
                plain[row],
                None if at is None else rest[at],
                None if at is None else calibrated[at],
            )
        )
    return made


def _people(store: Store, trained: Trained, test: list[int]) -> Arrays:
    pitch = trained.card.features.pitch_column
    plain: list[tuple[Track, Speaker | None]] = []
    rest: list[tuple[Track, Speaker | None]] = []
    calibrated: list[tuple[Track, Speaker | None]] = []
    later = []
    for row, own in enumerate(of_speakers(store, test).values()):
        tracks = [store.tracks[i][0] for i in own]
        plain.append((joined(tracks), None))
        heard = np.cumsum([track.frames for track in tracks])
        begin = int(np.searchsorted(heard, CALIBRATION_FRAMES)) + 1
        if begin < len(tracks):
            before, after = joined(tracks[:begin]).speaker(pitch), joined(tracks[begin:])
            rest.append((after, None))
            calibrated.append((after, Speaker(before.total, before.counts, neutral=True)))
            later.append(row)
    return {
        "later": np.array(later, np.int64),
        **packed(courses(trained, plain), "plain"),
        **packed(courses(trained, rest), "rest"),
        **packed(courses(trained, calibrated), "calibrated"),
    }


def _pitch_hz(tracks: list[Track], features: FeatureSettings) -> float:
    speaker = joined(tracks).speaker(features.pitch_column)
    column = features.pitch_column
    octaves = speaker.total[column] / max(1, int(speaker.counts[column]))
    return float(100.0 * 2.0**octaves)


def false(window: Window) -> bool:
    """Return whether a window of ordinary speech shows an emotion that is not neutral."""
    return window.emotion not in (None, "neutral")


def spoken(windows: Sequence[Window]) -> list[Window]:
    """Return the windows with speech."""
    return [window for window in windows if window.state != "silence"]


def changes(windows: Sequence[Window]) -> int:
    """Return how often the display changes within the windows with speech."""
    shown = [window.emotion for window in spoken(windows)]
    return sum(one != other for one, other in pairwise(shown))


def section(
    groups: Sequence[tuple[list[Person], Decision]],
    acted: Sequence[tuple[Outcome, Decision]],
    store: Store,
) -> dict[str, Any]:
    """Return the report's section on ordinary speech; empty without any.

    Parameters
    ----------
    groups : sequence of (people, decision)
        Of each split, and the decision that none of its speakers chose.
    acted : sequence of (Outcome, decision)
        Of the same splits.
    store : Store
    """
    rows = [
        (person, spoken(decided(person.plain, decision).windows))
        for own, decision in groups
        for person in own
    ]
    if not rows:
        return {}
    by_kind = {
        kind: _figures([r for r in rows if r[0].kind == kind])
        for kind in dict.fromkeys(person.kind for person, _ in rows)
    }
    sexes = {sex: _by_kind([r for r in rows if r[0].sex == sex]) for sex in ("F", "M")}
    pitches = {
        name: _by_kind([r for r in rows if (r[0].pitch_hz > HIGH_HZ) == high])
        for name, high in (("below 165 Hz", False), ("above 165 Hz", True))
    }
    return {
        "protocol": "One stream for each speaker: the speaker's clips one after the other. The "
        "network heard nothing of the speaker's source; several networks judge each source, and "
        "every judgement counts. A false alarm is a window with speech that shows an emotion but "
        "neutral. A change is any change of the display between windows with speech. Every kind "
        "counts alike in the mean; women and men, and low and high voices, are compared within the "
        "kinds that have both, and these kinds count alike.",
        "n": sum(len(own) for _, own in rows),
        "people": _count(rows),
        **{name: _mean(by_kind, name) for name in FIGURES},
        "auc": _rounded(np.mean(aucs(store, [outcome for outcome, _ in acted]))),
        "by_kind": by_kind,
        "by_sex": _alike(sexes),
        "by_pitch": _alike(pitches),
        "women_over_men": _women_over_men(sexes),
        "later": {f"{seconds:g} s": _later(rows, seconds) for seconds in LATER_S},
        "acted_neutral": acted_neutral(store, acted),
        "calibration": _calibrated(groups),
    }


Rows = list[tuple[Person, list[Window]]]
"""Speakers and the windows with speech of their streams."""
FIGURES = ("false", "neutral", "anybody_first_10_s", "changes_a_minute")


def _count(rows: Rows) -> int:
    """Return the number of different speakers: several networks may judge the same one."""
    return len({person.speaker for person, _ in rows})


def _figures(rows: Rows) -> dict[str, float]:
    windows = [window for _, own in rows for window in own]
    if not windows:
        return {}
    first = []
    for _, own in rows:
        begin = own[0].end_s if own else 0.0
        first.append(any(false(w) for w in own if w.end_s <= begin + FIRST_S))
    minutes = 0.25 * len(windows) / 60
    return {
        "people": _count(rows),
        "n": len(windows),
        "false": _rounded(np.mean([false(w) for w in windows])),
        "neutral": _rounded(np.mean([w.emotion == "neutral" for w in windows])),
        "anybody_first_10_s": _rounded(np.mean(first)),
        "changes_a_minute": _rounded(sum(changes(own) for _, own in rows) / minutes),
    }


Groups = dict[str, dict[str, dict[str, float]]]
"""Figures by group, for example women, and kind."""


def _by_kind(rows: Rows) -> dict[str, dict[str, float]]:
    kinds = dict.fromkeys(person.kind for person, _ in rows)
    found = {kind: _figures([r for r in rows if r[0].kind == kind]) for kind in kinds}
    return {kind: own for kind, own in found.items() if own}


def _common(groups: Groups) -> list[str]:
    """Return the kinds that every group has."""
    first, *others = groups.values()
    return [kind for kind in first if all(kind in own for own in others)]


def _mean(by_kind: dict[str, dict[str, float]], name: str) -> float:
    return _rounded(np.mean([own[name] for own in by_kind.values()]))


def _alike(groups: Groups) -> dict[str, dict[str, float]]:
    """Return the figures of each group: the mean over the kinds that every group has.

    A plain mean over windows would compare the kinds, for example children with adults, and not
    the groups. The result is empty if the groups have no kind in common.
    """
    kinds = _common(groups)
    if not kinds:
        return {}
    return {
        group: {
            **{name: int(sum(own[kind][name] for kind in kinds)) for name in ("people", "n")},
            **{name: _mean({kind: own[kind] for kind in kinds}, name) for name in FIGURES},
        }
        for group, own in groups.items()
    }


def _women_over_men(sexes: Groups) -> dict[str, Any]:
    """Return the ratio of women's to men's false alarms: of each kind, and of their means."""
    pairs = {
        kind: (sexes["F"][kind]["false"], sexes["M"][kind]["false"]) for kind in _common(sexes)
    }
    return {
        "mean": mean_ratio(pairs),
        "by_kind": {kind: ratio(*own) for kind, own in pairs.items()},
    }


def ratio(women: float, men: float) -> float | None:
    """Return the ratio of two shares; None where the second is 0."""
    return _rounded(women / men) if men else None


def mean_ratio(pairs: dict[str, tuple[float, float]]) -> float | None:
    """Return the ratio of the mean shares of women and of men, every group alike.

    A mean of ratios would depend most on the groups with the fewest false alarms.
    """
    if not pairs:
        return None
    women, men = np.mean([*pairs.values()], axis=0)
    return ratio(float(women), float(men))


def _later(rows: Rows, seconds: float) -> dict[str, float]:
    """Return the false alarms before and after some seconds of the same streams.

    Only streams that last longer count, so that the same people are compared with themselves.
    """
    people = set()
    found: dict[str, list[bool]] = {"before": [], "after": []}
    for person, own in rows:
        if own and own[-1].end_s > seconds:
            people.add(person.speaker)
            for window in own:
                found["after" if window.end_s > seconds else "before"].append(false(window))
    if not all(found.values()):
        return {}
    return {
        "people": len(people),
        "n": len(found["after"]),
        **{name: _rounded(np.mean(own)) for name, own in found.items()},
    }


def _calibrated(groups: Sequence[tuple[list[Person], Decision]]) -> dict[str, Any]:
    """Return what ten seconds of calibration change in the speech after them."""
    found: dict[str, list[Window]] = {"before": [], "after": []}
    people = set()
    for own, decision in groups:
        for person in own:
            if person.rest is None or person.calibrated is None:
                continue
            people.add(person.speaker)
            found["before"] += spoken(decided(person.rest, decision).windows)
            after = decision.after_calibration(len(EMOTIONS))
            found["after"] += spoken(decided(person.calibrated, after).windows)
    if not people:
        return {}
    return {
        "people": len(people),
        **{
            f"{name}_{what}": _rounded(np.mean([test(w) for w in windows]))
            for name, windows in found.items()
            for what, test in (("false", false), ("neutral", _neutral))
        },
    }


def _neutral(window: Window) -> bool:
    return window.emotion == "neutral"


def acted_neutral(store: Store, acted: Sequence[tuple[Outcome, Decision]]) -> dict[str, Any]:
    """Return the false alarms in acted neutral speech: of each corpus, of women and of men."""
    rows: dict[str, dict[str, list[bool]]] = {}
    for outcome, decision in acted:
        for i, course in zip(outcome.split.test, outcome.courses, strict=True):
            u = store.utterances[i]
            if u.emotion == "neutral" and not u.kind:
                alarms = [false(w) for w in spoken(decided(course, decision).windows)]
                rows.setdefault(u.corpus, {}).setdefault(u.sex, []).extend(alarms)
    figures = {
        corpus: {
            "false": _rounded(np.mean([alarm for own in sexes.values() for alarm in own])),
            **{sex: _rounded(np.mean(own)) for sex, own in sexes.items() if sex and own},
        }
        for corpus, sexes in rows.items()
        if any(sexes.values())
    }
    if not figures:
        return {"false": 0.0, "by_corpus": {}, "women_over_men": {"mean": None, "by_corpus": {}}}
    pairs = {c: (own["F"], own["M"]) for c, own in figures.items() if "F" in own and "M" in own}
    return {
        "false": _rounded(np.mean([own["false"] for own in figures.values()])),
        "by_corpus": figures,
        **(
            {
                "women": _rounded(np.mean([women for women, _ in pairs.values()])),
                "men": _rounded(np.mean([men for _, men in pairs.values()])),
            }
            if pairs
            else {}
        ),
        "women_over_men": {
            "mean": mean_ratio(pairs),
            "by_corpus": {corpus: ratio(*own) for corpus, own in pairs.items()},
        },
    }


def aucs(store: Store, outcomes: Sequence[Outcome]) -> list[float]:
    """Return, for each split, the area under the curve of ordinary against emotional clips.

    The score is a clip's probability of neutral; the emotional clips are those of the corpus that
    the split leaves out.
    """
    found = []
    for outcome in outcomes:
        kinds = np.array([bool(store.utterances[i].kind) for i in outcome.split.test])
        truth, neutral = truth_of(store, outcome.split.test), outcome.cold[:, 0]
        emotional = neutral[~kinds & (truth != EMOTIONS.index("neutral"))]
        if kinds.any() and len(emotional):
            found.append(area_under_curve(neutral[kinds], emotional))
    return found


def area_under_curve(
    positive: npt.NDArray[np.floating], negative: npt.NDArray[np.floating]
) -> float:
    """Return the probability that a positive score exceeds a negative one (Hanley & McNeil)."""
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    above = np.searchsorted(order, positive, side="right")
    return float((below + above).mean() / 2 / len(order))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
