from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator

from models.bundle import DEFAULT_BUNDLE, load_bundle
from webapp.about import describe

URL = "/api/v1/model"


@pytest.fixture(scope="module")
def card():
    return load_bundle(DEFAULT_BUNDLE)[0]


@pytest.fixture(scope="module")
def report():
    return json.loads((DEFAULT_BUNDLE / "report.json").read_text("utf-8"))


@pytest.fixture
def told(http):
    return http.get(URL).json


@pytest.fixture
def bundle(tmp_path):
    """A copy of what the answer is made of, to be spoilt."""
    shutil.copy(DEFAULT_BUNDLE / "report.json", tmp_path)
    return tmp_path


def test_the_model_is_the_one_that_judges(http, card, told):
    assert told["name"] == card.name
    assert told["labels"] == list(card.labels)
    assert http.get("/readyz").json["model"] == {"name": card.name, "version": told["version"]}


@pytest.mark.parametrize("split", ["speakers", "corpora"])
def test_every_figure_is_the_reports(told, report, split):
    answer = told["report"]["splits"][split]
    assert [own["corpus"] for own in answer["corpora"]] == list(report[split])
    for own in answer["corpora"]:
        of = report[split][own["corpus"]]
        assert own["uar"] == of["uar_mean"]
        assert own["confusion"] == of["confusion"]
        assert sum(map(sum, own["confusion"])) == own["clips"] == of["n"]
    means = [of["uar_mean"] for of in report[split].values()]
    assert answer["uar"] == pytest.approx(sum(means) / len(means), abs=1e-4)
    assert answer["clips"] == sum(of["n"] for of in report[split].values())


def test_a_spread_is_told_only_of_several_splits(told):
    splits = told["report"]["splits"]
    assert splits["speakers"]["folds"] == 6
    assert all(own["uar_sd"] > 0 for own in splits["speakers"]["corpora"])
    assert splits["corpora"]["folds"] == 1
    assert all(own["uar_sd"] is None for own in splits["corpora"]["corpora"])


def test_the_figure_of_a_random_split_is_not_told(http, report):
    text = http.get(URL).text
    for figure in (report["random_split"]["accuracy"], report["random_split"]["uar"], "random"):
        assert str(figure) not in text


def test_every_corpus_has_its_name_language_and_terms(told, report):
    corpora = {own["corpus"]: own for own in told["report"]["corpora"]}
    assert list(corpora) == list(report["protocol"]["trained_on"])
    for name, own in corpora.items():
        assert own["name"].lower().replace(" ", "").find(name[:4]) >= 0
        assert own["language"]
        assert own["licence"]
        if name == "javanese":  # the project knows no official address
            assert own["home"] is None
        else:
            assert own["home"].startswith(("https://", "http://"))
        assert own["speakers"] == report["protocol"]["trained_on"][name]["speakers"]
    assert corpora["nemo"]["language"] == "Polish"
    assert all(own["heard"] for own in corpora.values())


def test_what_disturbs_and_what_was_aimed_at_is_told_too(told, report):
    answer = told["report"]
    assert {d["name"] for d in answer["disturbances"]} == set(report["robustness"]["conditions"])
    assert answer["aims"]["count"] == len(report["targets"])
    assert 0 < answer["aims"]["reached"] < answer["aims"]["count"]
    assert answer["sounds_refused"] > 0.9


ALARMS = {
    "people": 298,
    "n": 9000,
    "false": 0.08,
    "neutral": 0.7,
    "anybody_first_10_s": 0.25,
    "changes_a_minute": 3.5,
}
ORDINARY = {
    **ALARMS,
    "auc": 0.8,
    "by_kind": {"read": ALARMS, "read, child": ALARMS | {"false": 0.3}},
    "by_sex": {"F": ALARMS, "M": {}},
    "by_pitch": {"below 165 Hz": ALARMS, "above 165 Hz": ALARMS},
    "acted_neutral": {"false": 0.12, "by_corpus": {}},
    "calibration": {
        "people": 200,
        "before_false": 0.08,
        "before_neutral": 0.7,
        "after_false": 0.05,
        "after_neutral": 0.8,
    },
}
UARS = {"nothing": 0.5, "neutral": 0.55, "same": 0.49, "mixed": 0.56, "all": 0.6}
SPREAD = {"mean": 0.9, "sd": 0.0, "values": [0.9]}


def with_sections(bundle, report, **sections):
    """Write a report with other sections into a bundle; return what the answer says of it."""
    (bundle / "report.json").write_text(json.dumps(report | sections))
    return describe(load_bundle(DEFAULT_BUNDLE)[0], bundle)["report"]


def test_ordinary_speech_is_told_with_its_groups_and_the_gain_of_a_calibration(bundle, report):
    told = with_sections(bundle, report, ordinary=ORDINARY)["ordinary"]
    assert {name: told[name] for name in ("people", "false", "anybody_first_10_s")} == {
        "people": 298,
        "false": 0.08,
        "anybody_first_10_s": 0.25,
    }
    groups = {(own["by"], own["name"]): own["false"] for own in told["groups"]}
    assert groups == {
        ("kind", "read"): 0.08,
        ("kind", "read, child"): 0.3,
        ("sex", "F"): 0.08,  # the men's group is empty and left out
        ("pitch", "below 165 Hz"): 0.08,
        ("pitch", "above 165 Hz"): 0.08,
    }
    assert told["acted_neutral"] == 0.12
    assert told["calibration"]["after_neutral"] == 0.8


def test_ordinary_speech_without_a_calibration_or_acted_speech_is_told_without(bundle, report):
    bare = ORDINARY | {"calibration": {}, "acted_neutral": {}}
    told = with_sections(bundle, report, ordinary=bare)["ordinary"]
    assert told["calibration"] is told["acted_neutral"] is None


def test_sessions_are_told_and_one_that_no_corpus_has_is_null(bundle, report):
    section = {"n": 4000, "splits": 9, "mean": UARS, "by_corpus": {"ravdess": UARS, "jl": UARS}}
    told = with_sections(bundle, report, sessions=section)["sessions"]
    assert told == {"clips": 4000, "corpora": 2, **UARS}
    section["mean"] = {"nothing": 0.5}
    told = with_sections(bundle, report, sessions=section)["sessions"]
    assert (told["nothing"], told["neutral"]) == (0.5, None)


def test_the_spread_over_speakers_is_told_where_the_report_has_it(bundle, report, told):
    assert told["report"]["people"]["women"] == report["fairness"]["women"]["mean"]
    own = report["fairness"]["by_speaker"]
    assert told["report"]["people"]["gini"] == own["gini"]
    bare = {name: part for name, part in report["fairness"].items() if name != "by_speaker"}
    assert with_sections(bundle, report, fairness=bare)["people"]["gini"] is None
    spread = {"speakers": 120, "worst": 0.2, "median": 0.6, "gini": 0.15}
    fairness = report["fairness"] | {"by_speaker": spread}
    people = with_sections(bundle, report, fairness=fairness)["people"]
    assert {name: people[name] for name in spread} == spread


def test_each_kind_of_sound_is_told_with_its_false_emotions_where_known(bundle, report):
    section = {"kinds": {"music": SPREAD, "cough": SPREAD}}
    told = with_sections(bundle, report, nonspeech=section)["sounds"]
    assert told == [{"name": kind, "refused": 0.9, "false": None} for kind in ("music", "cough")]
    section["clips_with_a_false_emotion"] = {"cough": SPREAD | {"mean": 0.2}}
    told = with_sections(bundle, report, nonspeech=section)["sounds"]
    assert [own["false"] for own in told] == [None, 0.2]


@pytest.mark.parametrize("section", ["ordinary", "sessions", "fairness", "nonspeech"])
def test_a_report_without_a_section_is_used_all_the_same(bundle, report, section, told):
    name = {"fairness": "people", "nonspeech": "sounds"}.get(section, section)
    answer = with_sections(bundle, report, **{section: {}})
    assert answer[name] is None
    assert answer["splits"] == told["report"]["splits"]


@pytest.mark.parametrize("section", ["ordinary", "sessions", "fairness", "nonspeech"])
def test_a_section_of_another_form_is_left_out_with_a_warning(
    bundle, report, section, told, caplog
):
    with caplog.at_level(logging.WARNING, logger="webapp.about"):
        answer = with_sections(bundle, report, **{section: {"n": 3}})
    assert f"Section '{section}' of the report is left out" in caplog.text
    assert answer["splits"] == told["report"]["splits"]


def test_corpora_that_training_drew_from_are_known_by_either_settings(bundle, report, told):
    protocol = report["protocol"]
    settings = (
        {"examples": protocol["settings"]["batches"]}
        if "batches" in protocol["settings"]
        else {"batches": protocol["settings"]["examples"]}
    )
    answer = with_sections(bundle, report, protocol=protocol | {"settings": settings})
    assert answer["corpora"] == told["report"]["corpora"]


def test_the_prior_of_the_decision_is_told_by_label(card, bundle):
    assert describe(card, bundle)["prior"] is None or describe(card, bundle)["prior"]["neutral"]
    logits = (0.5, 0.0, 0.0, 0.0, 0.0)
    decision = SimpleNamespace(**vars(card.decision) | {"prior": logits})
    told = describe(replace(card, decision=decision), bundle)
    assert told["prior"] == dict(zip(card.labels, logits, strict=True))


def test_without_a_report_the_answer_says_so(card, tmp_path):
    told = describe(card, tmp_path)
    assert told["report"] is None
    assert told["name"] == card.name


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"protocol": {"labels": []}}', "null"])
def test_a_report_that_cannot_be_used_is_as_none_and_is_logged(card, bundle, caplog, text):
    (bundle / "report.json").write_text(text)
    with caplog.at_level(logging.WARNING, logger="webapp.about"):
        assert describe(card, bundle)["report"] is None
    assert "report.json cannot be used" in caplog.text


def test_a_corpus_of_ones_own_keeps_its_short_name(card, bundle, report, told):
    bare = {k: report["protocol"]["trained_on"]["nemo"][k] for k in ("clips", "speakers", "hours")}
    report = report | {"protocol": report["protocol"] | {"trained_on": {"nemo": bare}}}
    (bundle / "report.json").write_text(json.dumps(report))
    answer = describe(card, bundle)["report"]
    assert answer["splits"] == told["report"]["splits"]
    (own,) = answer["corpora"]
    assert own["name"] == own["corpus"] == "nemo"
    assert own["language"] is own["home"] is own["licence"] is own["title"] is None


def test_the_description_fits_the_answer(http, told, bundle, report):
    document = http.get("/api/v1/openapi.json").json
    model = {"$ref": "#/components/schemas/Model", "components": document["components"]}
    validator = Draft202012Validator(model)
    validator.validate(told)
    validator.validate(told | {"report": None})
    validator.validate(told | {"prior": {"neutral": 0.5}})
    sessions = {"n": 9, "mean": {"nothing": 0.5}, "by_corpus": {"jl": {}}}
    full = with_sections(bundle, report, ordinary=ORDINARY, sessions=sessions)
    validator.validate(told | {"report": full})
    assert not validator.is_valid(told | {"report": full | {"ordinary": {}}})
    assert not validator.is_valid(told | {"report": {}})
    described = document["components"]["schemas"]["Report"]["properties"]
    assert set(described) == set(told["report"])


def test_who_has_the_answer_already_is_not_sent_it_again(http):
    tag = http.get(URL).headers["ETag"]
    again = http.get(URL, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert not again.data
