"""MODEL_CARD.md, written from the report (Mitchell et al. 2019, "Model cards")."""

from __future__ import annotations

from typing import Any

from training.corpora import CORPORA
from training.prose import CORPORA as SHORT
from training.prose import figures_table

INTENDED = """\
To show, live or for a recording, how a voice sounds: neutral, happy, sad, angry or fearful. For
demonstrations, teaching, art and research, on the voice of somebody who knows of it and wants it.
It hears the sound of speech, not its words, and gives probabilities, not facts: an actor's anger
and a real one differ, and neither is what somebody feels."""

NOT_INTENDED = """\
* **Not at work, and not in education.** Article 5(1)(f) of the EU's AI Act (Regulation (EU)
  2024/1689) prohibits systems that infer the emotions of people at the workplace and in education
  institutions, but for medical or safety reasons. This project is made for neither exception.
* **Tell people.** Where it is used at all, article 50(3) of the same act obliges whoever deploys it
  to inform those whom it hears. Their voice is personal data: without their consent, don't.
* **Decide nothing about anybody**: no hiring, no marking, no credit, no insurance, no policing, no
  diagnosis, no lie detection, no call-centre scoring.
* **Sell nothing**: the licence, CC BY-NC-SA 4.0, follows the recordings' and forbids commercial
  use."""

LIMITS = """\
* It learnt from actors who were told what to express. Speech from real life is judged worse.
* A language, an age or a microphone unlike those below is judged worse; there are no children in
  the training, and few old people.
* "Fearful" and "sad", "happy" and "angry" are mistaken for each other most; see the confusion
  matrices.
* The probabilities are calibrated for speakers like those of the training. On a new corpus they are
  too sure.
* It takes everything with the loudness pattern of speech for speech: see the sounds that are none.
* The speakers' sex is the corpora's own label, of two values; nothing is known about anybody
  else."""


def model_card(report: dict[str, Any]) -> str:
    """Return the model card of a report, as Markdown."""
    sections = (
        _head(report),
        ("## What it is for", INTENDED),
        ("## What it is not for", NOT_INTENDED),
        ("## Data", *_data(report)),
        ("## Aims and figures", *_targets(report)),
        _by_corpus(report),
        _confusions(report),
        _warm_up(report),
        _robustness(report),
        _calibration(report),
        _nonspeech(report),
        _fairness(report),
        _random(report),
        ("## Limits", LIMITS),
    )
    return "\n\n".join(part for section in sections for part in section if part) + "\n"


def _head(report: dict[str, Any]) -> tuple[str, ...]:
    speed = report.get("speed")
    size = (
        f" Its bundle takes {speed['bundle_bytes'] / 1000:.0f} kB, a window "
        f"{speed['window_ms']['median']:.2f} ms on one core (median of {speed['window_ms']['n']}), "
        f"and a quarter of a second of live sound, from samples to judgement, "
        f"{speed['live_step_ms']['median']:.2f} ms."
        if speed
        else ""
    )
    return (
        "# Model card",
        "Written by `make evaluate` from `report.json`, which has every figure with its spread.",
        "A small convolutional network over three seconds of mel-frequency cepstral coefficients, "
        f"normalised by what has been heard of the speaker.{size} The weights are licensed under "
        "CC BY-NC-SA 4.0.",
    )


def _data(report: dict[str, Any]) -> tuple[str, ...]:
    batches = report["protocol"].get("settings", {}).get("batches", {})
    shares, default = batches.get("shares", {}), batches.get("default_share", 1.0)
    rows = [
        "| corpus | language | clips | speakers | hours | licence |",
        "|---|---|---|---|---|---|",
    ]
    unused = []
    for name, own in report["protocol"].get("trained_on", {}).items():
        corpus = CORPORA[name]
        if not shares.get(name, default):
            unused.append(name)
        rows.append(
            f"| [{corpus.title}]({corpus.home}){' (judged only)' if name in unused else ''} "
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
        "The published weights are trained on all of these; every figure below comes from networks "
        "trained on some of them and judged on people whom they never heard.",
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


def _picture(name: str, words: str) -> tuple[str]:
    return (f"![{words}](plots/{name}.png)",)


def _by_corpus(report: dict[str, Any]) -> tuple[str, ...]:
    without = [
        f"{SHORT.get(corpus, corpus)}: {values['uar_without_stand_ins']:.2f}"
        for corpus, values in report["corpora"].items()
        if "uar_without_stand_ins" in values
    ]
    words = (
        "Where another label stands for one of the five (JL's anxious, EmoSpeech's calm), the "
        f"UAR on a new corpus without those clips: {'; '.join(without)}."
    )
    return (
        "## By corpus",
        figures_table(report),
        words if without else "",
        *_picture("corpora", "UAR of every corpus"),
    )


def _confusions(report: dict[str, Any]) -> tuple[str, ...]:
    return (
        "## Confusion matrices",
        "New voices of known corpora, then of corpora that the network heard nothing of.",
        *_picture("confusion-speakers", "Confusion matrices, folds by speaker"),
        *(
            _picture("confusion-corpora", "Confusion matrices, corpora left out")
            if report.get("corpora")
            else ()
        ),
    )


def _warm_up(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("warm_up")
    if not own:
        return ()
    rows = [
        "| corpus left out | clips | " + " | ".join(f"{s} s" for s in own["seconds"]) + " |",
        "|---|---|" + "---|" * len(own["seconds"]),
    ]
    rows += [
        f"| {SHORT.get(corpus, corpus)} | {values['n']} | "
        + " | ".join(f"{uar:.2f}" for uar in values["uar"])
        + " |"
        for corpus, values in own["corpora"].items()
    ]
    means = zip(own["uar_mean"], own["uar_sd"], strict=True)
    rows.append(
        f"| mean | {own['n']} | " + " | ".join(f"{m:.2f} ± {sd:.2f}" for m, sd in means) + " |"
    )
    share = own["share_of_gain_by_10_s"]
    heard = (
        f" After 10 s, {share:.0%} of the gain of 60 s is there."
        if share is not None
        else " On average nothing was gained."
    )
    return (
        "## The longer you talk, the better it knows you",
        f"UAR against seconds heard of the speaker's other speech, labels unused.{heard}",
        "\n".join(rows),
        *_picture("warm-up", "UAR against seconds heard"),
    )


def _robustness(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("robustness")
    if not own:
        return ()
    rows = ["| the same clip with | decisions unchanged | UAR lost |", "|---|---|---|"]
    rows += [
        f"| {how} | {v['unchanged']['mean']:.1%} ± {v['unchanged']['sd']:.1%} "
        f"| {v['uar_lost']['mean']:.3f} ± {v['uar_lost']['sd']:.3f} |"
        for how, v in own["conditions"].items()
    ]
    return (
        "## Microphones, rooms and lines",
        f"{own['n']} clips, {own['folds']} folds by speaker.",
        "\n".join(rows),
        *_picture("robustness", "Decisions unchanged by each disturbance"),
    )


def _calibration(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("calibration")
    if not own:
        return ()
    refusing = own["abstaining"]
    return (
        "## Confidence",
        f"Expected calibration error {own['ece']['mean']:.3f} ± {own['ece']['sd']:.3f} over "
        f"{own['folds']} folds ({own['n']} clips); all clips together {own['ece_pooled']:.3f}. "
        f"Judging only the surest {refusing['coverage']['mean']:.0%} raises the UAR of all corpora "
        f"together from {refusing['uar_all']:.2f} to {refusing['uar_when_sure']:.2f}.",
        own["protocol"],
        *_picture("reliability", "Reliability diagram"),
        *_picture("coverage", "UAR against the share of clips judged"),
    )


def _nonspeech(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("nonspeech")
    if not own:
        return ()
    rows = ["| sound | windows judged silence or unsure |", "|---|---|"]
    rows += [f"| {kind} | {v['mean']:.1%} ± {v['sd']:.1%} |" for kind, v in own["kinds"].items()]
    rows.append(f"| **all** | {own['all']['mean']:.1%} ± {own['all']['sd']:.1%} |")
    return ("## Sounds that are no speech", own["protocol"], "\n".join(rows))


def _fairness(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("fairness")
    if not own:
        return ()
    rows = ["| corpus | women | men | gap | speakers |", "|---|---|---|---|---|"]
    rows += [
        f"| {SHORT.get(corpus, corpus)} | {v['women']:.2f} | {v['men']:.2f} | {v['gap']:+.2f} "
        f"| {v['speakers']['F']} + {v['speakers']['M']} |"
        for corpus, v in own["by_corpus"].items()
    ]
    rows.append(
        f"| mean | {own['women']['mean']:.2f} | {own['men']['mean']:.2f} "
        f"| {own['gap']['mean']:+.2f} | |"
    )
    return (
        "## Women and men",
        f"UAR. {own['protocol']}",
        "\n".join(rows),
        *_picture("sexes", "UAR of women and men"),
    )


def _random(report: dict[str, Any]) -> tuple[str, ...]:
    own = report.get("random_split")
    if not own:
        return ()
    honest = own["honest_uar"]
    return (
        "## The figure to distrust",
        f"On a random split of RAVDESS's clips this network gets an accuracy of "
        f"{own['accuracy']:.2f} (UAR {own['uar']:.2f}, n {own['n']}), the original project "
        f"{own['original_project']:.2f}. **Both are inflated**: the test voices are the training "
        "voices." + (f" On actors never heard its UAR is {honest:.2f}." if honest else ""),
    )
