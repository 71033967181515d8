from __future__ import annotations

import json
import logging
import shutil

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


def test_the_description_fits_the_answer(http, told):
    document = http.get("/api/v1/openapi.json").json
    model = {"$ref": "#/components/schemas/Model", "components": document["components"]}
    validator = Draft202012Validator(model)
    validator.validate(told)
    validator.validate(told | {"report": None})
    assert not validator.is_valid(told | {"report": {}})
    described = document["components"]["schemas"]["Report"]["properties"]
    assert set(described) == set(told["report"])


def test_who_has_the_answer_already_is_not_sent_it_again(http):
    tag = http.get(URL).headers["ETag"]
    again = http.get(URL, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert not again.data
