"""Write a picture of each of the page's states: python scripts/screenshots.py [URL] [CLIP]."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
from chromium import Page  # noqa: E402
from servers import LiveClient, serve  # noqa: E402

FOLDER = ROOT / ".screenshots"
LOOKS: dict[str, dict[str, Any]] = {
    "1280": {"size": (1280, 940), "dark": False},
    "1280-dark": {"size": (1280, 940), "dark": True},
    "390": {"size": (390, 844), "dark": False},
    "390-dark": {"size": (390, 844), "dark": True},
}


def main() -> None:
    """Write them all."""
    arguments = sys.argv[1:]
    url = next((a for a in arguments if a.startswith("http")), None)
    clips = [Path(a) for a in arguments if not a.startswith("http")]
    clip = clips[0] if clips else sorted((ROOT / "samples" / "synthetic").glob("*.flac"))[0]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(url) as address:
        wav = Path(folder) / "speech.wav"
        seconds = chromium.write_wav(clip, wav, before_s=0.5)
        for look, how in LOOKS.items():
            draw(address, look, how, wav, seconds)
            draw_queue(look, how, wav)
            draw_watching(address, look, how, wav)


@contextlib.contextmanager
def running(url: str | None) -> Iterator[str]:
    """Hand on the address of a running server, or of one of our own."""
    if url:
        yield url
        return
    with serve() as server:
        yield server.url


def save(page: Page, name: str, look: str, *, whole: bool = False) -> None:
    """Write what the page shows, once the bars stand still; `whole`: down to its end."""
    page.driver.execute_async_script("setTimeout(arguments[0], 450)")
    picture = FOLDER / f"{name}-{look}.png"
    (width, height), dark = LOOKS[look]["size"], LOOKS[look]["dark"]
    if whole:
        tall = page.driver.execute_script("return document.documentElement.scrollHeight")
        chromium.resize(page.driver, width, tall, dark=dark)
        page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    page.driver.save_screenshot(str(picture))
    if whole:
        chromium.resize(page.driver, width, height, dark=dark)
    print(picture.relative_to(ROOT))


def draw_queue(look: str, how: dict, wav: Path) -> None:
    """Find no place on a server that has one, and the server gone later."""
    page = Page(chromium.launch(microphone=wav, **how))
    try:
        with serve({"MAX_SESSIONS": "1"}) as full:
            with LiveClient(full.url) as other:
                other.start("audio/wav")
                page.open(full.url)
                page.click("#record")
                page.wait_state("queued")
                page.driver.execute_async_script("setTimeout(arguments[0], 3000)")
                save(page, "queue", look)
            page.wait_state("recording", seconds=60)
            page.hear_more(state=("speech", "unsure"))
        page.wait_state("reconnecting")
        save(page, "reconnecting", look)
        page.wait_state("stranded", seconds=40)
        save(page, "stranded", look)
    finally:
        page.driver.quit()


def draw_watching(url: str, look: str, how: dict, wav: Path) -> None:
    """Share a recording, and watch it to its end."""
    speaker = Page(chromium.launch(microphone=wav, **how))
    watcher = Page(chromium.launch(**how))
    try:
        speaker.open(url)
        speaker.record()
        speaker.hear_more()
        if not speaker.find("#share").is_displayed():
            print("this server shares no views")
            return
        speaker.click("#share-switch")
        speaker.wait(lambda: speaker.find("#share-open").is_displayed(), "no link")
        watcher.open(str(speaker.find("#share-url").get_property("value")))
        watcher.wait_state("live")
        speaker.wait(lambda: speaker.seconds > 8, "the clock stands still")
        save(watcher, "watch", look)
        script = "document.getElementById('share').scrollIntoView({block: 'center'})"
        speaker.driver.execute_script(script)
        save(speaker, "share", look)
        speaker.click("#pause")
        watcher.wait_state("paused")
        save(watcher, "watch-paused", look)
        speaker.stop()
        watcher.wait_state("ended")
        save(watcher, "watch-ended", look)
        watcher.open(f"{url}/watch/no-such-view")
        watcher.wait_state("missing")
        save(watcher, "watch-missing", look)
    finally:
        speaker.driver.quit()
        watcher.driver.quit()


def draw(url: str, look: str, how: dict, wav: Path, seconds: float) -> None:
    """Go through the states in one look."""
    page = Page(chromium.launch(microphone=wav, loop=False, **how))

    try:
        page.open(url)
        page.wait(lambda: page.all("#cards .sample"), "no sample clips")
        save(page, "idle", look)
        save(page, "whole", look, whole=True)
        page.record()
        page.wait(
            lambda: page.seconds > seconds * 0.7, "the clock stands still", seconds=seconds + 9
        )
        save(page, "speech", look)
        page.wait(
            lambda: page.values["state"] == "silence" and page.seconds > seconds, "no silence"
        )
        save(page, "silence", look)
        page.click("#pause")
        page.wait_state("paused")
        save(page, "paused", look)
        page.stop()
        save(page, "result", look)
        page.driver.execute_script("window.scrollTo({top: 0, behavior: 'instant'})")
        page.press(page.all("#cards .judge")[1])
        page.wait_state("judging", "result")
        page.wait_state("result")
        page.driver.execute_async_script("setTimeout(arguments[0], 700)")
        save(page, "sample", look)
        save(page, "sample-whole", look, whole=True)
        with tempfile.TemporaryDirectory() as folder:
            letter = Path(folder) / "letter.txt"
            letter.write_text("Dear Sir or Madam")
            page.find("#file").send_keys(str(letter))
            page.wait_state("error")
            page.driver.execute_async_script("setTimeout(arguments[0], 700)")
            save(page, "error", look)
    finally:
        page.driver.quit()


if __name__ == "__main__":
    main()
