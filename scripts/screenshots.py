"""Write a picture of each of the page's states: python scripts/screenshots.py [URL] [CLIP]."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
from chromium import Page  # noqa: E402
from servers import serve  # noqa: E402

FOLDER = ROOT / ".screenshots"
LOOKS = {
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


@contextlib.contextmanager
def running(url: str | None) -> Iterator[str]:
    """Hand on the address of a running server, or of one of our own."""
    if url:
        yield url
        return
    with serve() as server:
        yield server.url


def draw(url: str, look: str, how: dict, wav: Path, seconds: float) -> None:
    """Go through the states in one look."""
    page = Page(chromium.launch(microphone=wav, loop=False, **how))

    def save(name: str, *, whole: bool = False) -> None:
        # Two frames and the bars' animation.
        page.driver.execute_async_script("setTimeout(arguments[0], 450)")
        picture = FOLDER / f"{name}-{look}.png"
        if whole:
            height = page.driver.execute_script("return document.documentElement.scrollHeight")
            chromium.resize(page.driver, how["size"][0], height, dark=how["dark"])
            page.driver.execute_async_script("setTimeout(arguments[0], 300)")
        page.driver.save_screenshot(str(picture))
        chromium.resize(page.driver, *how["size"], dark=how["dark"])
        print(picture.relative_to(ROOT))

    try:
        page.open(url)
        page.wait(lambda: page.all("#cards .sample"), "no sample clips")
        save("idle")
        save("whole", whole=True)
        page.record()
        page.wait(
            lambda: page.seconds > seconds * 0.7, "the clock stands still", seconds=seconds + 9
        )
        save("speech")
        page.wait(
            lambda: page.values["state"] == "silence" and page.seconds > seconds, "no silence"
        )
        save("silence")
        page.click("#pause")
        page.wait_state("paused")
        save("paused")
        page.stop()
        save("result")
        page.driver.execute_script("window.scrollTo({top: 0, behavior: 'instant'})")
        page.press(page.all("#cards .judge")[1])
        page.wait_state("judging", "result")
        page.wait_state("result")
        page.driver.execute_async_script("setTimeout(arguments[0], 700)")
        save("sample")
        save("sample-whole", whole=True)
        with tempfile.TemporaryDirectory() as folder:
            letter = Path(folder) / "letter.txt"
            letter.write_text("Dear Sir or Madam")
            page.find("#file").send_keys(str(letter))
            page.wait_state("error")
            page.driver.execute_async_script("setTimeout(arguments[0], 700)")
            save("error")
    finally:
        page.driver.quit()


if __name__ == "__main__":
    main()
