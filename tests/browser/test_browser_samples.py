"""The sample clips' cards: what is known of each, what is heard of it, and how many match."""

from __future__ import annotations

from collections.abc import Callable

from chromium import Page
from selenium.webdriver.common.by import By
from shown import cards, judge

Open = Callable[..., Page]


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
