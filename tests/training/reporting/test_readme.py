"""The README's figures are the report's."""

import json
import re

import pytest

from models.bundle import DEFAULT_BUNDLE
from training.reporting.modelcard import model_card
from training.reporting.readme import BEGIN, END, figures_table, readme_figures, write_figures

VALUES = {"n": 10, "uar_mean": 0.5, "uar_sd": 0.1, "uar_warm_mean": 0.625, "splits": [{}, {}]}
REPORT = {"speakers": {"ravdess": VALUES}, "corpora": {"own": VALUES | {"splits": [{}]}}}


def test_the_table_names_the_figures_and_their_spread():
    table = figures_table(REPORT)
    assert "| RAVDESS (English, 24 actors) | 10 | 0.50 ± 0.10 | 0.62 |" in table
    assert "| own | 10 | 0.50 | 0.62 |" in table


def test_ordinary_voices_come_before_acted_speech():
    alarms = {"false": 0.1033, "anybody_first_10_s": 0.2255, "changes_a_minute": 3.44}
    calibration = {
        "before_false": 0.1122,
        "after_false": 0.0533,
        "before_neutral": 0.7144,
        "after_neutral": 0.8255,
    }
    own = alarms | {"by_kind": {"read": alarms}, "calibration": calibration}
    told = readme_figures(REPORT | {"ordinary": own})
    assert "| people who read English aloud | 10.3% | 22.6% | 3.4 |" in told
    assert "from 11.2% to 5.3%, and the share with neutral from 71.4% to 82.5%" in (
        " ".join(told.split())
    )
    assert told.index("Ordinary voices") < told.index("New voices")
    assert readme_figures(REPORT) == figures_table(REPORT)


def test_it_says_that_choices_were_made_with_test_scores_in_sight():
    told = " ".join(figures_table(REPORT).split())
    assert "looking at scores of all folds and corpora" in told


def test_only_what_is_between_the_markers_is_rewritten(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_figures(page, REPORT)
    write_figures(page, REPORT)
    assert page.read_text() == f"before\n{BEGIN}\n{readme_figures(REPORT)}\n{END}\nafter\n"


def test_a_page_without_markers_is_left_alone(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("nothing\n")
    with pytest.raises(ValueError, match="no <!-- figures -->"):
        write_figures(page, REPORT)
    assert page.read_text() == "nothing\n"


def test_the_committed_readme_shows_the_committed_report(root):
    report = json.loads((DEFAULT_BUNDLE / "report.json").read_text())
    readme = (root / "README.md").read_text()
    assert readme_figures(report) in readme
    assert re.search(r"RAVDESS.*\| 0\.\d\d ± 0\.\d\d \|", readme)


def test_the_committed_card_and_pictures_are_the_committed_reports():
    bundle = DEFAULT_BUNDLE
    report = json.loads((bundle / "report.json").read_text())
    assert (bundle / "MODEL_CARD.md").read_text() == model_card(report)
    for name in re.findall(r"\((plots/[\w-]+\.png)\)", model_card(report)):
        assert 0 < (bundle / name).stat().st_size < 100_000
