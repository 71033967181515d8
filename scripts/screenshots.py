"""Write a picture of each of the pages' states: python -m scripts.screenshots [JOURNEY ...]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
from chromium import Page  # noqa: E402
from scenes import JOURNEYS, Stage  # noqa: E402
from servers import serve  # noqa: E402
from speech import write_wav  # noqa: E402

FOLDER = ROOT / ".screenshots"
LOOKS = {
    "1280": (1280, 940, False),
    "1280-dark": (1280, 940, True),
    "390": (390, 844, False),
    "390-dark": (390, 844, True),
}
WHOLE = ("idle", "about", "result", "sample", "long", "watch")
"""Scenes that are drawn down to the page's end as well."""
PARTS = {
    "share": "#share",
    "sending": "#drop",
}  # what the picture is about, where that is not at the page's top


def main() -> None:
    """Write them all, or those of some journeys."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("journeys", nargs="*", help=f"of {', '.join(JOURNEYS)}; all by default")
    parser.add_argument("--clip", type=Path, help="what the microphone hears")
    asked = parser.parse_args()
    if unknown := set(asked.journeys) - set(JOURNEYS):
        parser.error(f"no such journey: {', '.join(unknown)}")
    clip = asked.clip or sorted((ROOT / "samples" / "synthetic").glob("*.flac"))[0]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve() as server:
        speech = Path(folder) / "speech.wav"
        seconds = write_wav(clip, speech, before_s=0.5)
        for name in asked.journeys or JOURNEYS:
            go(name, server.url, speech, seconds)


def go(name: str, url: str, speech: Path, seconds: float) -> None:
    """Go one journey and write a picture of each of its states in each look."""
    pages: list[Page] = []

    def browser(**how: Any) -> Page:
        pages.append(Page(chromium.launch(**how)))
        return pages[-1]

    try:
        for scene, page in JOURNEYS[name](Stage(url, speech, seconds, browser)):
            for look, (width, height, dark) in LOOKS.items():
                chromium.resize(page.driver, width, height, dark=dark)
                save(page, scene, look)
                if scene in WHOLE:
                    tall = page.driver.execute_script(
                        "return document.documentElement.scrollHeight"
                    )
                    chromium.resize(page.driver, width, tall, dark=dark)
                    save(page, f"{scene}-whole", look)
            chromium.resize(page.driver, *LOOKS["1280"][:2])
    finally:
        for page in pages:
            page.driver.quit()


def save(page: Page, name: str, look: str) -> None:
    """Write what the page shows, once the bars stand still."""
    top = PARTS.get(name)
    page.driver.execute_script(
        "const part = arguments[0] && document.querySelector(arguments[0]);"
        "if (part) part.scrollIntoView({block: 'center', behavior: 'instant'});"
        "else scrollTo({top: 0, behavior: 'instant'});",
        top,
    )
    page.driver.execute_async_script("setTimeout(arguments[0], 450)")
    picture = FOLDER / f"{name}-{look}.png"
    page.driver.save_screenshot(str(picture))
    print(picture.relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
