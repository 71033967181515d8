"""The sample clips' cards, the link as a code, what is said of the model, and the pages' end."""

from __future__ import annotations

import io
import json
import urllib.request
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
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from servers import Server
from speech import Speech

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., Page]
REPORT = json.loads((ROOT / "models" / "bundle" / "report.json").read_text("utf-8"))
LABELS = REPORT["protocol"]["labels"]


def percent(share: float) -> str:
    return f"{int(share * 100 + 0.5)} %"


def with_report(page: Page) -> Page:
    page.wait(lambda: page.find("#model-report").is_displayed(), "the report did not appear")
    return page


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


def unfold(page: Page) -> None:
    for fold in page.all("details.fold"):
        page.press(fold.find_element(By.TAG_NAME, "summary"))


# --- About the model ---


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
    page.driver.execute_script(
        "for (const fold of document.querySelectorAll('details')) fold.open = true"
    )
    rows = [row.text for row in page.all("#corpora tbody tr")]
    assert len(rows) == len(REPORT["protocol"]["trained_on"])
    for name, row in zip(REPORT["protocol"]["trained_on"], rows, strict=True):
        assert percent(REPORT["corpora"][name]["uar_mean"]) in row
        known = REPORT["speakers"].get(name)
        assert (percent(known["uar_mean"]) if known else "not measured") in row
    # On a random split the test voices are the training voices.
    assert percent(REPORT["random_split"]["uar"]) not in page.text("#about")
    assert "article 5(1)(f)" in page.text("#about")
    assert "article 50(3)" in page.text("#about")
    learnt = page.text("#learnt")
    for word in ("Polish", "Amharic", "24 speakers", "CC BY-NC-SA 4.0", "Only judged"):
        assert word in learnt


def test_the_confusion_matrix_is_that_of_the_corpus_and_the_split_chosen(open_page: Open) -> None:
    page = with_report(open_page())
    assert matrix(page) == expected(REPORT["speakers"]["ravdess"]["confusion"])
    assert "speakers never heard, 6 folds" in page.text("#matrix-caption")
    headings = [cell.text for cell in page.all("#matrix thead th")][1:]
    assert headings == [cell.text for cell in page.all("#matrix tbody th")] == LABELS

    # By keyboard alone, as everything.
    chosen = page.find("#matrix-splits input:checked")
    chosen.send_keys(Keys.ARROW_RIGHT)
    page.wait(lambda: "nothing was heard" in page.text("#matrix-caption"), "the split is the same")
    assert matrix(page) == expected(REPORT["corpora"]["ravdess"]["confusion"])
    Select(page.find("#matrix-corpus")).select_by_visible_text("KETTS")
    assert matrix(page) == expected(REPORT["corpora"]["ketts"]["confusion"])
    assert ["no clips of it"] in matrix(page)
    assert "Heard best" in page.text("#matrix-said")

    # JL has no folds: back among the new people another corpus takes its place.
    Select(page.find("#matrix-corpus")).select_by_visible_text("JL corpus")
    page.find("#matrix-splits input:checked").send_keys(Keys.ARROW_LEFT)
    page.wait(lambda: "6 folds" in page.text("#matrix-caption"), "the split is the same")
    assert matrix(page) == expected(REPORT["speakers"]["ravdess"]["confusion"])


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


# --- Sample clips ---


def cards(page: Page) -> list[WebElement]:
    return list(page.wait(lambda: page.all("#cards .sample"), "the sample clips did not appear"))


def judge(page: Page, card: WebElement) -> None:
    page.press(card.find_element(By.CSS_SELECTOR, ".judge"))
    page.wait_state("judging", "result")
    page.wait_state("result")


def test_a_judged_card_says_in_words_whether_it_is_heard_as_meant_and_the_page_counts(
    open_page: Open,
) -> None:
    page = open_page()
    matched = 0
    clips = cards(page)[:4]
    assert page.text("#tally") == ""
    for number, card in enumerate(clips, 1):
        assert "Heard: not judged yet" in card.text
        judge(page, card)
        outcome = str(card.get_attribute("data-outcome"))
        heard = card.find_element(By.CSS_SELECTOR, ".heard").text
        if page.values["state"] == "speech":
            same = page.values["winner"] == card.get_attribute("data-emotion")
            assert outcome == ("match" if same else "differs")
            assert page.values["winner"] in heard
        words = {"match": "as meant", "differs": "differs", "unsure": "unsure"}
        assert words[outcome] in card.find_element(By.CSS_SELECTOR, ".outcome").text
        matched += outcome == "match"
        assert page.text("#tally").startswith(f"Heard as meant: {matched} of {number}.")
    judge(page, clips[0])  # once more: counted once
    assert page.text("#tally").startswith(f"Heard as meant: {matched} of {len(clips)}.")


def test_the_result_of_a_clip_leads_back_to_its_card(open_page: Open) -> None:
    page = open_page()
    card = cards(page)[2]
    assert not page.find("#back").is_displayed()
    judge(page, card)
    page.click("#back a")
    active = page.driver.switch_to.active_element
    assert active == card.find_element(By.CSS_SELECTOR, ".judge")
    inside = """
        const { top, bottom } = arguments[0].getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;"""
    page.wait(lambda: page.driver.execute_script(inside, card), "the card is out of sight")
    page.click("#discard")
    assert not page.find("#back").is_displayed()


def test_a_card_shows_what_is_known_of_its_clip_and_how_far_it_has_played(open_page: Open) -> None:
    page = open_page()
    card = cards(page)[2]
    for word in (
        "Synthetic voice",
        "Woman’s voice",
        "CC0-1.0",
        "“The letter",
        "Meant: sad",
        "3.4 s",
    ):
        assert word in card.text
    played = card.find_element(By.CSS_SELECTOR, ".played")
    play = card.find_element(By.CSS_SELECTOR, ".play")
    assert not played.is_displayed()
    page.press(play)
    page.wait(lambda: float(played.get_property("value")) > 0.1, "nothing is seen of the playing")
    assert played.is_displayed()
    label = str(play.get_attribute("aria-label"))
    assert label.startswith("Stop ")
    assert play.text == "Stop"
    other = cards(page)[3]
    page.press(other.find_element(By.CSS_SELECTOR, ".play"))  # one at a time
    page.wait(lambda: other.get_attribute("data-playing") == "true", "the other does not play")
    assert card.get_attribute("data-playing") is None
    page.wait(lambda: other.get_attribute("data-playing") is None, "it does not end by itself")
    assert other.find_element(By.CSS_SELECTOR, ".play").text == "Play"


# --- Sharing ---


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


# --- The end of the pages ---


def test_the_language_can_be_chosen_and_the_page_then_speaks_it(
    open_page: Open, server: Server
) -> None:
    page = open_page()
    assert page.find(".languages [aria-current]").text == "English"
    page.press(page.find(".languages [lang=de]"))
    page.wait(lambda: page.find("html").get_attribute("lang") == "de", "it does not speak German")
    page.wait(lambda: page.body("ready") == "true", "it is not ready")
    assert page.find(".languages [aria-current]").text == "Deutsch"
    assert page.text("#about-heading") == "Was das ist, und was nicht"
    with_report(page)
    assert page.find("#matrix thead th:nth-child(3)").text == "fröhlich"

    # The watching page keeps it on its way to the first one.
    page.open(f"{server.url}/watch/no-such-view?lang=es")
    page.wait_state("missing")
    assert page.find(".languages [aria-current]").text == "Español"
    assert page.find("#own").is_displayed()  # what to do where there is nothing to watch
    assert page.find("#own").get_property("href") == f"{server.url}/?lang=es"
    page.press(page.find(".foot-links a"))
    page.wait(lambda: page.find("#about-heading").text.startswith("Qué es"), "it is not Spanish")


def test_no_link_of_the_pages_end_loses_a_recording(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)
    page.record()
    page.press(page.find(".languages [lang=de]"))
    assert "Stop it first" in page.text("#foot-note")
    assert page.state == "recording"
    page.press(page.find(".foot-links a"))  # within the page: goes there
    assert page.text("#foot-note") == ""
    assert page.state == "recording"
    page.stop()
    page.press(page.find(".languages [lang=de]"))
    page.wait(lambda: page.find("html").get_attribute("lang") == "de", "it does not speak German")


def test_every_link_of_the_pages_end_leads_somewhere(open_page: Open, server: Server) -> None:
    for path, place in (("/", "/#about"), ("/watch/no-such-view", "/#about")):
        page = open_page(server.url + path)
        links = [str(link.get_property("href")) for link in page.all(".foot a")]
        assert f"{server.url}{place}" in links
        own = [link for link in links if link.startswith(server.url)]
        assert len(own) == 6
        for link in own:
            with urllib.request.urlopen(link) as answer:
                assert answer.status == 200
        assert all(link.startswith("https://") for link in links if link not in own)


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_at_no_width_does_any_of_it_stick_out(
    open_page: Open, server: Server, language: str
) -> None:
    page = with_report(open_page(f"{server.url}/?lang={language}"))
    judge(page, cards(page)[0])
    page.driver.execute_script(
        "for (const fold of document.querySelectorAll('details')) fold.open = true"
    )
    for width in (320, 360, 390, 600, 768, 861, 1280, 1920):
        resize(page.driver, width, 900)
        assert fits(page), width
    page.open(f"{server.url}/watch/no-such-view?lang={language}")
    for width in (320, 390, 861, 1280):
        resize(page.driver, width, 900)
        assert fits(page), width
