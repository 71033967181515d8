"""False alarms: emotions that are shown for people who speak in an ordinary voice.

Each speaker of ordinary speech is one stream, and the network heard nothing of the source that the
speaker belongs to. A window is a false alarm if it shows any emotion but neutral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle import Decision
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Speaker
from models.timeline import Window
from training.outcomes import (
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
from training.shelf import Arrays, Shelf
from training.store import Store
from training.tracks import Track, joined

FIRST_S = 10.0
"""Seconds of a session in which a visitor forms an opinion."""
CALIBRATION_FRAMES = 600
"""Frames with speech of a calibration: about ten seconds of talking."""
HIGH_HZ = 165.0
"""Voices with a higher mean pitch count as high."""


@dataclass(frozen=True)
class Person:
    """One speaker of ordinary speech, and what the network says of the speaker's stream.

    Attributes
    ----------
    kind, sex : str
    pitch_hz : float
        Geometric mean.
    plain : ndarray
        Course of the whole stream, nothing known at its beginning.
    rest, calibrated : ndarray or None
        Courses of the speech after the first ten seconds, nothing known, and with those seconds as
        a neutral calibration. None where there is too little speech.
    """

    kind: str
    sex: str
    pitch_hz: float
    plain: Doubles
    rest: Doubles | None
    calibrated: Doubles | None


def people(store: Store, trained: Trained, *, shelf: Shelf) -> list[Person]:
    """Return what a split's network says of the ordinary speakers among its test utterances."""
    test = [i for i in trained.split.test if store.utterances[i].kind]
    names = [store.utterances[i].path.name for i in test]
    if not test:
        return []
    found = shelf.fetch(_people, store, trained, test, key=[trained.digest, names])
    plain, rest, calibrated = (unpacked(found, name) for name in ("plain", "rest", "calibrated"))
    later = {int(row): k for k, row in enumerate(found["later"])}
    made = []
    for row, own in enumerate(of_speakers(store, test).values()):
        first, at = store.utterances[own[0]], later.get(row)
        made.append(
            Person(
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
    heard = [
        (person, decided(person.plain, decision).windows, decision)
        for own, decision in groups
        for person in own
    ]
    if not heard:
        return {}
    rows = [(person, spoken(windows)) for person, windows, _ in heard]
    kinds = list(dict.fromkeys(person.kind for person, _ in rows))
    by_kind = {kind: _figures([r for r in rows if r[0].kind == kind]) for kind in kinds}
    sexes = {
        sex: _figures([r for r in rows if r[0].sex == sex])
        for sex in ("F", "M")
        if any(person.sex == sex for person, _ in rows)
    }
    low, high = ([r for r in rows if (r[0].pitch_hz > HIGH_HZ) == above] for above in (False, True))
    return {
        "protocol": "One stream for each speaker; the network heard nothing of the speaker's "
        "source. A false alarm is a window with speech that shows an emotion but neutral. A change "
        "is any change of the display between windows with speech. Every kind counts alike in the "
        "mean.",
        "n": sum(len(own) for _, own in rows),
        "people": len(rows),
        **{
            name: _rounded(np.mean([own[name] for own in by_kind.values()]))
            for name in ("false", "neutral", "anybody_first_10_s", "changes_a_minute")
        },
        "auc": _rounded(np.mean(aucs(store, [outcome for outcome, _ in acted]))),
        "by_kind": by_kind,
        "by_sex": sexes,
        "by_pitch": {"below 165 Hz": _figures(low), "above 165 Hz": _figures(high)},
        "acted_neutral": acted_neutral(store, acted),
        "calibration": _calibrated(groups),
    }


def _figures(rows: list[tuple[Person, list[Window]]]) -> dict[str, float]:
    windows = [window for _, own in rows for window in own]
    if not windows:
        return {}
    first = []
    for _, own in rows:
        begin = own[0].end_s if own else 0.0
        first.append(any(false(w) for w in own if w.end_s <= begin + FIRST_S))
    minutes = 0.25 * len(windows) / 60
    return {
        "people": len(rows),
        "n": len(windows),
        "false": _rounded(np.mean([false(w) for w in windows])),
        "neutral": _rounded(np.mean([w.emotion == "neutral" for w in windows])),
        "anybody_first_10_s": _rounded(np.mean(first)),
        "changes_a_minute": _rounded(sum(changes(own) for _, own in rows) / minutes),
    }


def _calibrated(groups: Sequence[tuple[list[Person], Decision]]) -> dict[str, Any]:
    """Return what ten seconds of calibration change in the speech after them."""
    found: dict[str, list[Window]] = {"before": [], "after": []}
    count = 0
    for own, decision in groups:
        for person in own:
            if person.rest is None or person.calibrated is None:
                continue
            count += 1
            found["before"] += spoken(decided(person.rest, decision).windows)
            after = decision.after_calibration(len(EMOTIONS))
            found["after"] += spoken(decided(person.calibrated, after).windows)
    if not count:
        return {}
    return {
        "people": count,
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
            "false": _rounded(np.mean([*chain.from_iterable(sexes.values())])),
            **{sex: _rounded(np.mean(own)) for sex, own in sexes.items() if sex and own},
        }
        for corpus, sexes in rows.items()
        if any(sexes.values())
    }
    return {
        "false": _rounded(np.mean([own["false"] for own in figures.values()])) if figures else 0.0,
        "by_corpus": figures,
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
