"""A browser that records only what Safari records, over a real server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Page
from servers import Server
from speech import Speech

# Safari's answers until WebKit learnt to write WebM. Debian's Chromium cannot write AAC: asked for
# "audio/mp4" alone, it fills the same container with Opus. What Safari itself fills it with is what
# tests/webapp/test_webapp_safari.py sends.
SAFARI = r"""
    const safaris = /^(audio|video)\/mp4(;\s*codecs="?(avc1[^,]*,\s*)?mp4a\.40\.2"?)?$/i;
    MediaRecorder = class extends MediaRecorder {
      static isTypeSupported(type) { return safaris.test(type); }
      constructor(stream, options) {
        if (!safaris.test(options.mimeType)) throw new DOMException("", "NotSupportedError");
        super(stream, options);
        if (!options.audioBitsPerSecond) return; // what is not for the server
        this.addEventListener("dataavailable", async ({data}) => {
          window.recorded = { asked: options.mimeType, got: this.mimeType };
          window.header ??= await data.slice(4, 8).text();
        });
      }
    };"""


def test_a_browser_that_records_only_mp4_is_heard(
    open_page: Callable[..., Page], server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, loop=False)
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SAFARI})
    page.open(server.url)
    supported = "return MediaRecorder.isTypeSupported(arguments[0])"
    assert not page.driver.execute_script(supported, "audio/webm;codecs=opus")
    assert page.driver.execute_script(supported, "audio/mp4")

    page.record()
    page.hear_more(state=("speech", "unsure"))
    recorded = page.driver.execute_script("return {...recorded, header}")
    assert recorded["asked"] == "audio/mp4"
    assert recorded["got"].startswith("audio/mp4")
    assert recorded["header"] == "ftyp"
    page.wait(lambda: page.values["state"] == "silence", "no silence after the speech")
    page.stop()
    assert page.values["winner"] == speech.judgement["emotion"]
    for emotion, share in page.values["shares"].items():
        assert share == pytest.approx(speech.judgement["probabilities"][emotion], abs=0.15), emotion


def test_a_pause_loses_nothing_of_an_mp4(
    open_page: Callable[..., Page], server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SAFARI})
    page.open(server.url)
    page.record()
    page.hear_more()
    page.click("#pause")
    page.wait_state("paused")
    page.click("#resume")
    page.wait_state("recording")
    page.hear_more(state=("speech", "unsure"))
    page.stop()
    assert float(page.text("#result-from").split()[-2]) == pytest.approx(page.seconds, abs=0.6)
