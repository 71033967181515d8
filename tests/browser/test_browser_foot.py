"""The pages' end: the language, and links that lose no recording."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable

from chromium import Page
from servers import Server
from shown import unfold, with_report
from speech import Speech

Open = Callable[..., Page]


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
    unfold(page)
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
