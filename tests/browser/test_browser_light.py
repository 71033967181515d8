"""The page is light. How fast it is on a machine, `make page-figures` says; here are its bounds."""

from __future__ import annotations

from collections.abc import Callable

import figures
import pytest
from chromium import Page
from servers import Server
from speech import Speech

MOST_COMPRESSED = 250 * 1024
Open = Callable[..., Page]


def test_all_scripts_that_the_page_loads_fit_into_250_kb(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    page.record()
    page.hear_more()
    if page.find("#share").is_displayed():
        page.click("#share-switch")
        page.wait(lambda: page.find("#share-open").is_displayed(), "no link")
    page.stop()  # by now everything is loaded that is loaded when it is needed
    page.driver.execute_async_script("setTimeout(arguments[0], 1000)")
    loaded = figures.scripts(page)
    paths = [script.path for script in loaded]
    assert any("chart.js" in path for path in paths)
    assert all(path.startswith("/static/") for path in paths)  # from this server alone
    total = sum(script.compressed for script in loaded)
    print(f"{len(loaded)} scripts, {total / 1024:.0f} KB compressed")
    assert total <= MOST_COMPRESSED, loaded


def test_the_first_words_are_painted_before_anybody_gets_impatient(open_page: Open) -> None:
    page = open_page()
    painted = figures.first_paint_ms(page)
    print(f"first paint after {painted:.0f} ms")
    assert painted < 5000  # a bound for a machine that is busy with other tests


def test_the_page_can_be_read_where_its_scripts_do_not_come(
    open_page: Open, server: Server
) -> None:
    page = open_page(may_complain=True)
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/static/js/*"]})
    page.driver.get(f"{server.url}/?without")
    assert figures.first_paint_ms(page) > 0
    assert page.body("ready") is None
    assert page.find("h1").text == "How does your voice sound?"
    assert page.find("#about").is_displayed()


@pytest.mark.slow
def test_a_long_recording_does_not_fill_the_memory(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)
    page.record()
    kept = dict(figures.heaps_mb(page, 60, step_s=10))
    print({round(seconds): round(heap, 2) for seconds, heap in kept.items()})
    times = sorted(kept)
    early, late = kept[times[1]], kept[times[-1]]
    # Two windows' worth of numbers are kept a second, nothing more: two megabytes were ten minutes.
    assert late - early < 2
