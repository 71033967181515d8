"""The model card is the report in words: no figure of it is missing, and none is invented."""

import copy
import re

import pytest

from training.reporting.modelcard import model_card
from training.reporting.plots import draw
from training.reporting.targets import TARGETS, targets


def spread(mean):
    return {"mean": mean, "sd": 0.011, "values": [mean]}


SPLIT = {"split": "a", "n": 40, "speakers": ["x"], "uar": 0.61, "uar_warm": 0.65}
CORPUS = {
    "n": 1234,
    "uar_mean": 0.61,
    "uar_sd": 0.02,
    "uar_warm_mean": 0.65,
    "uar_warm_sd": 0.03,
    "confusion": [[3, 1, 0, 0, 0]] * 5,
    "splits": [SPLIT, SPLIT],
}
CURVE = [{"coverage": 0.5, "uar": 0.83}, {"coverage": 1.0, "uar": 0.72}]
STREAM = {
    "right": 0.4711,
    "right_when_sure": 0.5811,
    "unsure": 0.1911,
    "needless": 6.1811,
    "flickers": 4.2,
    "found": 0.6411,
    "delay_median_s": 1.7811,
    "delay_p90_s": 5.9411,
}
ORDINARY = {
    "people": 5,
    "n": 77,
    "false": 0.1033,
    "neutral": 0.7744,
    "anybody_first_10_s": 0.2255,
    "changes_a_minute": 3.4,
}
TAUGHT_CORPUS = {"n": 61, "pupils": 3, "known": 0.4321, "taught": 0.5432}


def lesson(gain):
    return {
        "n": 122,
        "known": 0.4321,
        "taught": 0.4321 + gain,
        "gain": gain,
        "by_corpus": {"ravdess": TAUGHT_CORPUS, "nemo": TAUGHT_CORPUS},
    }


TAUGHT = {
    "pupils": 6,
    "lessons": {
        name: lesson(gain)
        for name, gain in (
            ("0", 0.0),
            ("1", 0.0811),
            ("2", 0.1122),
            ("3", 0.1433),
            ("5", 0.1655),
            ("1, wrong", 0.0711),
            ("3, wrong", 0.1311),
            ("1, few", 0.0211),
            ("3, few", 0.0511),
            ("3, telephone", 0.0911),
        )
    },
    "wrong_kept": {"1": 0.8767, "3": 0.9149},
    "least_gain": {"gain": 0.0133, "corpus": "nemo", "clips": "1"},
    "by_sex": {"F": lesson(0.1211), "M": lesson(0.2222)},
    "false": {"known": 0.0555, "taught": 0.0444},
    "refused": 0.0333,
    "doubts": {"1": {"found": 0.41, "false": 0.0288}, "3": {"found": 0.62, "false": 0.0299}},
}
REPORT = {
    "teaching": {
        "protocol": "Pupils teach.",
        "corpora": TAUGHT,
        "folds": TAUGHT,
        "ordinary": {
            "people": 12,
            "n": 345,
            "nothing": 0.1099,
            "calibrated": 0.0822,
            "taught": 0.0413,
        },
    },
    "protocol": {
        "labels": ["neutral", "happy", "sad", "angry", "fearful"],
        "settings": {"examples": {"shares": {"emospeech": 0.0}, "default_share": 0.5}},
        "trained_on": {
            "ravdess": {"clips": 864, "speakers": 24, "hours": 0.87},
            "emospeech": {"clips": 2017, "speakers": 105, "hours": 1.77},
        },
    },
    "speakers": dict.fromkeys(("ravdess", "nemo", "ased"), CORPUS),
    "corpora": {"jl": CORPUS | {"n": 53, "uar_without_stand_ins": 0.5678}},
    "decision": {"temperature": 1.2, "unsure_below": 0.33, "smoothing": 0.5},
    "calibration": {
        "protocol": "By the other folds.",
        "n": 9515,
        "folds": 6,
        "temperature": spread(1.2),
        "ece": spread(0.0371),
        "ece_pooled": 0.0292,
        "bins": [{"from": 0.5, "n": 10, "confidence": 0.55, "accuracy": 0.5}],
        "abstaining": {
            "coverage": spread(0.79),
            "uar_gain": spread(0.0671),
            "uar_all": 0.72,
            "uar_when_sure": 0.81,
            "curve": CURVE,
        },
        "by_corpus": {"ravdess": {"curve": CURVE, "ece": 0.0455}},
    },
    "warm_up": {
        "seconds": [0, 3, 10, 30, 60],
        "n": 53,
        "splits": 1,
        "uar_mean": [0.41, 0.42, 0.46, 0.47, 0.48],
        "uar_sd": [0.01] * 5,
        "share_of_gain_by_10_s": 0.7143,
        "corpora": {"jl": {"n": 53, "uar": [0.31, 0.32, 0.36, 0.37, 0.38]}},
    },
    "robustness": {
        "n": 1140,
        "folds": 6,
        "conditions": {
            "Opus at 24 kbit/s": {"unchanged": spread(0.943), "uar_lost": spread(0.0123)},
            "telephone band": {"unchanged": spread(0.874), "uar_lost": spread(0.0342)},
            **{
                how: {"unchanged": spread(0.95), "uar_lost": spread(0.01)}
                for how in (
                    "noise at 10 dB",
                    "12 dB louder",
                    "12 dB softer",
                    "30 dB softer",
                    "12 dB louder, clipped",
                )
            },
        },
    },
    "nonspeech": {
        "protocol": "Made by the project.",
        "n": 1440,
        "networks": 6,
        "all": spread(0.911),
        "kinds": {"typing": spread(0.876), "cough": spread(0.932)},
        "left_out_kinds": ["cough"],
        "clips_with_a_false_emotion": {"typing": spread(0.4), "cough": spread(0.1234)},
        "uploads": {
            "protocol": "Uploaded one by one.",
            "n": 29,
            "emotional": 0.2711,
            "named": 0.3911,
            "by_kind": {
                "cough": {"n": 16, "emotional": 0.4375, "named": 0.5625},
                "rain": {"n": 13, "emotional": 0.0, "named": 0.1538},
            },
        },
    },
    "voice": {
        "protocol": "Of others.",
        "n": 4321,
        "folds": 6,
        "threshold": spread(-1.2),
        "refused": spread(0.0061),
        "by_corpus": {"nemo": {"n": 4321, "refused": 0.0071, "silenced": 0.0012}},
    },
    "stream": {
        "protocol": "Talks.",
        "talks": 97,
        "minutes": 261.3,
        **STREAM,
        "by_corpus": {"nemo": STREAM | {"right": 0.3141, "delay_median_s": None}},
    },
    "fairness": {
        "protocol": "All folds.",
        "n": 7140,
        "folds": 6,
        "women": spread(0.64),
        "men": spread(0.62),
        "gap": spread(0.021),
        "largest_gap": 0.048,
        "by_corpus": {
            "nemo": {"women": 0.77, "men": 0.74, "gap": 0.03, "speakers": {"F": 4, "M": 5}}
        },
        "by_speaker": {
            "protocol": "Speakers with enough clips.",
            "speakers": 211,
            "worst": 0.1811,
            "median": 0.6922,
            "gini": 0.1233,
        },
    },
    "speed": {
        "bundle_bytes": 712425,
        "window_ms": {"median": 0.0351, "n": 500},
        "live_step_ms": {"median": 0.294, "n": 250},
    },
    "ordinary": {
        "protocol": "One stream each.",
        "n": 77,
        "people": 5,
        **ORDINARY,
        "auc": 0.8321,
        "by_kind": {"read": ORDINARY, "read, child": ORDINARY | {"false": 0.1944}},
        "by_sex": {"F": ORDINARY, "M": ORDINARY | {"false": 0.0911}},
        "by_pitch": {"below 165 Hz": ORDINARY, "above 165 Hz": {}},
        "women_over_men": {"mean": 1.1345, "by_kind": {"read": 1.2711, "read, child": None}},
        "later": {"30 s": {"people": 3, "n": 55, "before": 0.1511, "after": 0.0911}, "60 s": {}},
        "acted_neutral": {
            "false": 0.0717,
            "by_corpus": {"nemo": {"false": 0.0717, "F": 0.0888, "M": 0.0616}},
            "women_over_men": {"mean": 1.4411, "by_corpus": {"nemo": 1.4411}},
        },
        "calibration": {
            "people": 4,
            "before_false": 0.1122,
            "after_false": 0.0533,
            "before_neutral": 0.7144,
            "after_neutral": 0.8255,
        },
    },
    "sessions": {
        "protocol": "Five kinds.",
        "n": 88,
        "splits": 2,
        "mean": {"nothing": 0.46, "neutral": 0.51, "same": 0.47, "mixed": 0.49, "all": 0.57},
        "by_corpus": {"aesdd": {"nothing": 0.36, "same": 0.37, "mixed": 0.38, "all": 0.39}},
    },
    "random_split": {
        "accuracy": 0.8866,
        "uar": 0.8712,
        "n": 173,
        "original_project": 0.89,
        "honest_uar": 0.61,
    },
}
REPORT["targets"] = targets(REPORT)


def test_the_encoder_and_its_teacher_are_named_with_their_licences():
    card = " ".join(model_card(REPORT).split())
    assert "[Resemblyzer](https://" in card
    assert "Asterisk's telephone prompts (CC BY-SA 3.0)" in card


def titles_of(card):
    return re.findall(r"^## (.*)$", card, re.MULTILINE)


def test_weak_points_and_ordinary_voices_come_before_acted_speech():
    titles = titles_of(model_card(REPORT))
    order = (
        "Weak points",
        "Ordinary voices",
        "What a session knows",
        "Speakers",
        "Sounds that are no speech",
        "Acted speech, by corpus",
    )
    assert [title for title in titles if title in order] == list(order)


def weak_points_of(report):
    (section,) = re.findall(r"## Weak points\n\n(.*?)\n\n##", model_card(report), re.DOTALL)
    return section


def test_the_weak_points_are_figures_of_the_report():
    points = weak_points_of(REPORT)
    for figure in (
        "22.6% see a false emotion in their first ten seconds; 10.3% of the windows",
        "1.1 times as often as men (10.3% and 9.1% of the windows)",
        "children who read in a second language, 19.4% of the windows",
        "left out of training the UAR is 0.61 (chance 0.20); the worst is JL",
        "worst of 211 speakers is 0.18, the median 0.69",
        "cough: 43.8% of the uploaded recordings",
    ):
        assert figure in points, figure
    # None of these is a weak point of this report.
    assert "calibration" not in points
    assert "more frequent later" not in points
    assert "After speech of one emotion" not in points


def test_harm_by_a_calibration_or_by_earlier_speech_or_later_is_a_weak_point():
    report = copy.deepcopy(REPORT)
    report["ordinary"]["calibration"] |= {"after_false": 0.2222}
    report["sessions"]["mean"]["same"] = 0.41
    report["ordinary"]["later"]["30 s"] |= {"after": 0.3111}
    points = weak_points_of(report)
    assert "more frequent: 11.2% of the windows before, 22.2% after" in points
    assert "UAR 0.41 instead of 0.46" in points
    assert (
        "15.1% of the windows in the first 30 s of a session, 31.1% after them (3 people)" in points
    )


def test_a_report_of_acted_speech_alone_has_no_weak_points_of_other_parts():
    report = {key: REPORT[key] for key in ("protocol", "speakers", "corpora")}
    points = weak_points_of(report)
    assert points.count("* ") == 1
    assert "left out of training" in points


def test_every_figure_of_the_report_is_in_the_card():
    card = model_card(REPORT)
    for figure in (
        *("864", "2017", "1234", "0.61 ± 0.02", "0.65"),
        *("712 kB", "0.04 ms", "0.29 ms"),
        *("94.3% ± 1.1%", "0.012 ± 0.011", "87.4% ± 1.1%", "0.034 ± 0.011"),
        *("0.037 ± 0.011", "9515 clips", "0.029", "79%", "0.72 to 0.81"),
        *("0.31 | 0.32 | 0.36 | 0.37 | 0.38", "0.41 ± 0.01", "71%"),
        *("| typing | 87.6% ± 1.1% | 40.0% |", "| cough | 93.2% ± 1.1% | 12.3% |", "91.1%"),
        *(
            "| people who read English aloud | 5 | 10.3% | 77.4% | 22.6% | 3.4 |",
            "| men | 5 | 9.1% |",
            "7.2% of the windows",
        ),
        "the mean shares is 1.13 (people who read English aloud: 1.3; "
        "children who read in a second language: no false emotion of men)",
        "the mean shares is 1.44 (nEMO (Polish, 9 actors): 1.4)",
        "| 30 s | 3 | 55 | 15.1% | 9.1% |",
        *("| cough | 16 | 43.8% | 56.2% |", "| **mean of the kinds** | 29 | 27.1% | 39.1% |"),
        *("Of 211 speakers", "UAR of 0.18", "median is 0.69", "coefficient is 0.123"),
        *("women 8.9%, men 6.2%", "curve of 0.83", "82.5% of the windows of 4 people", "5.3%"),
        "| AESDD (Greek, 6 actors) | 0.36 | - | 0.37 | 0.38 | 0.39 |",
        "| **mean** | 0.46 | 0.51 | 0.47 | 0.49 | 0.57 |",
        *("0.77 | 0.74 | +0.03 | 4 + 5", "+0.02"),
        "a part): 0.57.",
        *("0.6% ± 1.1%", "0.7% of 4321 windows, 0.1% of the clips wholly"),
        *("97 talks, 261 minutes", "| 0.31 | 0.19 | 0.58 | 6.2 | 64% | - / 5.9 s |"),
        "| **mean** | 0.47 | 0.19 | 0.58 | 6.2 | 64% | 1.8 s / 5.9 s |",
        *("0.89", "UAR 0.87, n 173"),
        "| nEMO (Polish, 9 actors) | 0.43 | 0.43, 0.54 |",
        "| **mean** | 0.43 | 0.43, 0.51 | 0.43, 0.54 |",
        *("of women from 0.43 to 0.55", "of men from 0.43 to 0.65", "5.5% known, 4.4% taught"),
        "With 3 of each emotion, enrolment doubts 62% of the clips with a wrong label and 3.0%",
        *("In 3.3% of the lessons", "speech of 12 people: 11.0%", "8.2% after", "4.1% when"),
    ):
        assert figure in card, figure


def test_the_card_says_who_must_not_use_it_and_under_which_licence():
    card = " ".join(model_card(REPORT).split())
    for words in ("Article 5(1)(f)", "article 50(3)", "CC BY-NC-SA 4.0", "workplace", "education"):
        assert words in card


def test_the_random_split_appears_once_and_is_called_inflated():
    card = model_card(REPORT)
    assert card.count("random split") == 1
    (paragraph,) = [p for p in card.split("\n\n") if "random split" in p]
    assert "inflated" in paragraph
    assert "0.61" in paragraph


def test_a_corpus_that_trains_nothing_is_said_to():
    lines = [line for line in model_card(REPORT).splitlines() if line.startswith("| [")]
    assert [("judged only" in line, "EmoSpeech" in line) for line in lines] == [
        (False, False),
        (True, True),
    ]


def test_a_corpus_without_an_official_address_has_no_link():
    report = copy.deepcopy(REPORT)
    report["protocol"]["trained_on"]["javanese"] = {"clips": 1280, "speakers": 10, "hours": 1.1}
    card = model_card(report)
    assert "]()" not in card
    assert re.search(r"^\| Javanese[^|\]]* \| Javanese \| 1280 ", card, re.MULTILINE)


def test_a_missed_target_is_called_missed():
    report = copy.deepcopy(REPORT)
    report["speakers"]["ravdess"] = CORPUS | {"uar_mean": 0.76}
    report["targets"] = targets(report)
    card = model_card(report)
    assert re.search(r"RAVDESS, unseen actors .* 0\.760 ± 0\.020 .* yes \|", card)
    assert re.search(r"RAVDESS, unseen actors, other .* 0\.650 ± 0\.030 .* \*\*no\*\* \|", card)


def test_every_target_has_a_row_in_the_card_with_its_figure():
    card = model_card(REPORT)
    assert len(REPORT["targets"]) == len(TARGETS)
    for row in REPORT["targets"]:
        assert row["figure"] is not None, row["what"]
        assert f"| {row['what']} | {row['how']} |" in card
        assert f"| {row['figure']:.3f}" in card


@pytest.mark.parametrize(
    "section", [key for key in REPORT if key not in ("protocol", "speakers", "corpora")]
)
def test_a_section_that_was_not_measured_is_left_out(section, tmp_path):
    report = copy.deepcopy({key: value for key, value in REPORT.items() if key != section})
    assert model_card(report)
    missing = {row["what"] for row in targets(report) if row["figure"] is None}
    assert missing or section in (
        "decision",
        "random_split",
        "targets",
        "voice",
        "stream",
        "warm_up",
    )
    assert draw(report, tmp_path)


def test_every_picture_that_the_card_shows_is_drawn_small_and_the_same_again(tmp_path):
    shown = set(re.findall(r"\(plots/([\w-]+\.png)\)", model_card(REPORT)))
    drawn = draw(REPORT, tmp_path)
    assert shown == {path.name for path in drawn}
    assert {path.name for path in tmp_path.iterdir()} == shown
    first = [path.read_bytes() for path in drawn]
    assert all(image.startswith(b"\x89PNG") and len(image) < 100_000 for image in first)
    assert [path.read_bytes() for path in draw(REPORT, tmp_path)] == first
