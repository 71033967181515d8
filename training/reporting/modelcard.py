"""MODEL_CARD.md, written from the report (Mitchell et al. 2019, "Model cards")."""

from __future__ import annotations

from typing import Any

from training.corpora import CORPORA
from training.reporting.cardsections import (
    by_corpus,
    calibration,
    confusions,
    nonspeech,
    ordinary,
    random,
    robustness,
    sessions,
    speakers,
    stream,
    teaching,
    warm_up,
    weak_points,
)

INTENDED = """\
To show, live or for a recording, how a voice sounds: neutral, happy, sad, angry or fearful. For
demonstrations, teaching, art and research, on the voice of a person who knows of it and agrees.
The model judges the sound of speech, not its words. It gives probabilities, not facts: acted anger
and real anger differ, and the sound of anger is no proof of the feeling."""

NOT_INTENDED = """\
* **Not at work, and not in education.** Article 5(1)(f) of the EU's AI Act (Regulation (EU)
  2024/1689) prohibits systems that infer the emotions of people at the workplace and in education
  institutions, but for medical or safety reasons. This project is made for neither exception.
* **Inform people.** By article 50(3) of the same act, a deployer must inform every person whose
  voice the model judges. A voice is personal data: do not use it without consent.
* **Decide nothing about anybody**: no hiring, no marking, no credit, no insurance, no policing, no
  diagnosis, no lie detection, no call-centre scoring.
* **Sell nothing**: the licence, CC BY-NC-SA 4.0, follows the recordings' and forbids commercial
  use."""

LIMITS = """\
* The emotional speech of the training is from actors with instructions; the neutral speech is from
  actors and from people who read aloud. The model judges emotional speech from real life worse.
* The model judges a language, an age or a microphone worse if the training has none like it. The
  children in the training have neutral speech alone, and there are few old people.
* The model confuses "fearful" with "sad" and "happy" with "angry" most; see the confusion matrices.
* The probabilities are calibrated for speakers like those of the training. On a new corpus they are
  too high.
* The model may take a sound for a voice, and an unusual voice for a sound: see the figures of both.
* The thresholds that keep ordinary speech calm hide weak emotions: the page shows them as neutral
  or as unsure.
* The speakers' sex is the corpora's own label and has two values. Of other people nothing is
  known."""


def model_card(report: dict[str, Any]) -> str:
    """Return the model card of a report, as Markdown."""
    sections = (
        _head(report),
        ("## What it is for", INTENDED),
        ("## What it is not for", NOT_INTENDED),
        weak_points(report),
        ("## Aims and figures", *_targets(report)),
        ordinary(report),
        sessions(report),
        teaching(report),
        speakers(report),
        nonspeech(report),
        by_corpus(report),
        confusions(report),
        warm_up(report),
        robustness(report),
        calibration(report),
        stream(report),
        random(report),
        ("## Data", *_data(report)),
        ("## Limits", LIMITS),
    )
    return "\n\n".join(part for section in sections for part in section if part) + "\n"


def _head(report: dict[str, Any]) -> tuple[str, ...]:
    speed = report.get("speed")
    size = (
        f" Its bundle takes {speed['bundle_bytes'] / 1000:.0f} kB with weights of eight bits, "
        f"a window {speed['window_ms']['median']:.2f} ms on one core (median of "
        f"{speed['window_ms']['n']}), "
        f"and a quarter of a second of live sound, from samples to judgement, "
        f"{speed['live_step_ms']['median']:.2f} ms."
        if speed
        else ""
    )
    return (
        "# Model card",
        "Written by `make evaluate` from `report.json`, which has every figure with its spread.",
        f"{NETWORK}{size} The weights are licensed under CC BY-NC-SA 4.0.",
    )


NETWORK = """\
A window is three seconds of mel bands, pitch and voicing, and of the states of a recurrent encoder,
each relative to the speaker's mean. A small network of perceptrons judges their mean, deviation and
movement, and how much earlier speech of the speaker is known. A prior then shifts the probability
of neutral, and each emotion has its own threshold. The encoder was trained on none of these
recordings: Asterisk's telephone prompts (CC BY-SA 3.0) taught it the states of the voice encoder of
[Resemblyzer](https://github.com/resemble-ai/Resemblyzer) (Apache License 2.0; Wan et al. 2018)."""


def _data(report: dict[str, Any]) -> tuple[str, ...]:
    examples = report["protocol"].get("settings", {}).get("examples", {})
    shares, default = examples.get("shares", {}), examples.get("default_share", 1.0)
    rows = [
        "| corpus | language | clips | speakers | hours | licence |",
        "|---|---|---|---|---|---|",
    ]
    unused = []
    for name, own in report["protocol"].get("trained_on", {}).items():
        corpus = CORPORA[name]
        if not shares.get(name, default):
            unused.append(name)
        title = f"[{corpus.title}]({corpus.home})" if corpus.home else corpus.title
        rows.append(
            f"| {title}{' (judged only)' if name in unused else ''} "
            f"| {corpus.language} | {own['clips']} | {own['speakers']} | {own['hours']:.1f} "
            f"| {corpus.licence} |"
        )
    if len(rows) == 2:
        return ()
    judged = (
        f"No network is trained on the clips of {', '.join(unused)}; they are judged, and count "
        "for the normalisation's statistics."
        if unused
        else ""
    )
    return (
        "The published weights are trained on all of these; every figure above comes from networks "
        "that were trained on some of them and judged on other people.",
        "\n".join(rows),
        judged,
    )


def _targets(report: dict[str, Any]) -> tuple[str, ...]:
    rows = ["| | how | aim | figure | n | reached |", "|---|---|---|---|---|---|"]
    for row in report.get("targets", []):
        aim = f"{'≥' if row['at'] == 'least' else '≤'} {row['target']}"
        if row["figure"] is None:
            rows.append(f"| {row['what']} | {row['how']} | {aim} | - | - | - |")
            continue
        spread = "" if row["sd"] is None else f" ± {row['sd']:.3f}"
        over = f", {row['splits']} splits" if row["splits"] > 1 else ""
        rows.append(
            f"| {row['what']} | {row['how']} | {aim} | {row['figure']:.3f}{spread} "
            f"| {row['n']}{over} | {'yes' if row['met'] else '**no**'} |"
        )
    legend = "UAR is the mean recall of the five emotions, by clip; chance is 0.20. ± is the "
    return ("\n".join(rows), legend + "standard deviation over the splits.") if rows[2:] else ()
