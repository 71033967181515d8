"""What is said of the model, the link as a code, and that none of it sticks out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qr
from chromium import Page, resize
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from servers import Server
from shown import SECTIONS, cards, judge, unfold, with_report, with_sections
from speech import Speech

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., Page]
REPORT = json.loads((ROOT / "models" / "bundle" / "report.json").read_text("utf-8"))
LABELS = REPORT["protocol"]["labels"]


def percent(share: float) -> str:
    return f"{int(share * 100 + 0.5)} %"


def matrix(page: Page) -> list[list[str]]:
    return [
        [str(cell.get_property("textContent")) for cell in row.find_elements(By.TAG_NAME, "td")]
        for row in page.all("#matrix tbody tr")
    ]


def expected(counts: list[list[int]]) -> list[list[str]]:
    return [
        [f"{int(count / sum(row) * 100 + 0.5)} ({count} of {sum(row)} clips)" for count in row]
        if sum(row)
        else ["no clips of it"]
        for row in counts
    ]


def fits(page: Page) -> bool:
    script = "return document.documentElement.scrollWidth <= innerWidth"
    return bool(page.driver.execute_script(script))


def test_what_is_said_of_the_model_is_its_own_reports(open_page: Open) -> None:
    page = with_report(open_page())
    figures = [item.text for item in page.all("#model-figures strong")]
    means = [
        np.mean([own["uar_mean"] for own in REPORT[split].values()])
        for split in ("speakers", "corpora")
    ]
    assert figures == [*map(percent, means), percent(1 / len(LABELS))]
    told = page.text("#model-figures")
    assert "people never heard" in told
    assert "6 folds by speaker" in told
    unfold(page)
    rows = [row.text for row in page.all("#corpora tbody tr")]
    assert len(rows) == len(REPORT["protocol"]["trained_on"])
    for name, row in zip(REPORT["protocol"]["trained_on"], rows, strict=True):
        for split in ("speakers", "corpora"):
            known = REPORT[split].get(name)
            assert (percent(known["uar_mean"]) if known else "not measured") in row
    # On a random split the test voices are the training voices.
    assert percent(REPORT["random_split"]["uar"]) not in page.text("#about")
    assert "article 5(1)(f)" in page.text("#about")
    assert "article 50(3)" in page.text("#about")
    learnt = page.text("#learnt")
    for word in ("Polish", "Amharic", "24 speakers", "CC BY-NC-SA 4.0"):
        assert word in learnt


def test_the_confusion_matrix_is_that_of_the_corpus_and_the_split_chosen(open_page: Open) -> None:
    page = with_report(open_page())
    unfold(page)
    assert matrix(page) == expected(REPORT["speakers"]["ravdess"]["confusion"])
    assert "speakers never heard, 6 folds" in page.text("#matrix-caption")
    headings = [cell.text for cell in page.all("#matrix thead th")][1:]
    assert headings == [cell.text for cell in page.all("#matrix tbody th")] == LABELS

    # By keyboard alone, as everything.
    chosen = page.find("#matrix-splits input:checked")
    chosen.send_keys(Keys.ARROW_RIGHT)
    page.wait(lambda: "nothing was heard" in page.text("#matrix-caption"), "the split is the same")
    assert matrix(page) == expected(REPORT["corpora"]["ravdess"]["confusion"])
    Select(page.find("#matrix-corpus")).select_by_visible_text("BanglaSER")
    assert matrix(page) == expected(REPORT["corpora"]["banglaser"]["confusion"])
    assert ["no clips of it"] in matrix(page)
    assert "Heard best" in page.text("#matrix-said")

    # JL has no folds: back among the new people another corpus takes its place.
    Select(page.find("#matrix-corpus")).select_by_visible_text("JL corpus")
    page.find("#matrix-splits input:checked").send_keys(Keys.ARROW_LEFT)
    page.wait(lambda: "6 folds" in page.text("#matrix-caption"), "the split is the same")
    assert matrix(page) == expected(REPORT["speakers"]["ravdess"]["confusion"])


def test_a_visitor_reads_three_weak_points_and_may_unfold_the_others(open_page: Open) -> None:
    page = with_sections(open_page())
    first = [item.text for item in page.all("#fails li")]
    assert len(first) == 3
    assert percent(SECTIONS["ordinary"]["anybody_first_10_s"]) in first[0]
    assert "for women 11 %, for men 5 %" in first[1]
    assert "0.50 to the logit of neutral" in page.text("#model-prior")
    assert not page.find("#ordinary").is_displayed()
    summaries = [fold.find_element(By.TAG_NAME, "summary") for fold in page.all("details.fold")]
    for summary in summaries:  # by keyboard alone, as everything
        summary.send_keys(Keys.ENTER)
    assert len(page.all("#ordinary tbody tr")) == len(SECTIONS["ordinary"]["groups"])
    assert "Children who read in a second language" in page.text("#ordinary")
    assert "from 70 % to 83 %" in page.find("#ordinary-help").text
    assert page.all("#sessions li")[2].text.startswith("45 %")
    assert "130 speakers: 0.15" in page.text("#people-after")
    assert page.all("#sounds li")[0].text.split() == ["23", "%", "coughing"]
    assert "worst one" in page.text("#fails-more")


def test_a_part_that_the_report_lacks_is_not_offered(open_page: Open) -> None:
    page = with_sections(open_page(), dict.fromkeys(SECTIONS))
    for part in SECTIONS.keys() - {"teaching"}:  # the dialog of the voice tells of teaching
        assert not page.find(f"#{part}-part").is_displayed()
    assert len(page.all("#fails li")) == 3


def test_a_model_without_a_report_and_a_server_without_an_answer_get_a_sentence(
    open_page: Open, server: Server
) -> None:
    page = with_report(open_page())
    show = """
        const [told, done] = arguments;
        import('/static/js/about.js').then(({ About }) => {
          document.getElementById('model-report').hidden = true;
          new About(document).show(told);
          done();
        });"""
    model = {"name": "mute", "version": "9", "labels": LABELS, "report": None}
    page.driver.execute_async_script(show, model)
    assert "mute 9, came without a report" in page.text("#model-note")
    assert not page.find("#model-report").is_displayed()

    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/v1/model"]})
    page.open(server.url)
    page.wait(lambda: "could not be loaded" in page.text("#model-note"), "nothing is said of it")
    assert "article 5(1)(f)" in page.text("#about")  # stands without any figure
    assert [line for line in page.console() if "api/v1/model" not in line] == []


@pytest.mark.parametrize("look", [{}, {"size": (390, 844), "dark": True}])
def test_a_shared_link_is_a_code_that_a_camera_can_read(
    open_page: Open, speech: Speech, look: dict[str, Any]
) -> None:
    page = open_page(microphone=speech.wav, **look)
    page.record()
    page.click("#share-switch")
    page.wait(lambda: page.find("#share-code").is_displayed(), "there is no code")
    link = str(page.find("#share-url").get_property("value"))
    code = page.find("#share-code")
    page.wait(lambda: code.get_attribute("data-text") == link, "the code is not drawn")
    assert code.accessible_name == "QR code of the link"
    assert code.aria_role in ("img", "image")
    picture = np.asarray(Image.open(io.BytesIO(code.screenshot_as_png)).convert("L"))
    assert qr.read(qr.modules_of(picture, int(code.get_property("width")))) == link
    assert fits(page)

    page.click("#share-stop")
    assert not page.find("#share-code").is_displayed()


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_at_no_width_does_any_of_it_stick_out(
    open_page: Open, server: Server, language: str
) -> None:
    page = with_sections(open_page(f"{server.url}/?lang={language}"))
    judge(page, cards(page)[0])
    unfold(page)
    for width in (320, 360, 390, 600, 768, 861, 1280, 1920):
        resize(page.driver, width, 900)
        assert fits(page), width
    page.open(f"{server.url}/watch/no-such-view?lang={language}")
    for width in (320, 390, 861, 1280):
        resize(page.driver, width, 900)
        assert fits(page), width
