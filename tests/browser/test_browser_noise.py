"""Sounds that are no voice: what the page, the watching page and the saved files show."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from chromium import Page
from scenes import drums

Open = Callable[..., Page]

# Notes each sentence for screen readers; for `before`.
LISTEN = """
    window.told = [];
    addEventListener('DOMContentLoaded', () => {
      const line = document.getElementById('announcer');
      const note = () => told.push(line.textContent);
      new MutationObserver(note).observe(line, { childList: true });
    });"""


def test_a_sound_that_is_no_voice_is_shown_as_another_sound_and_not_as_silence(
    open_page: Open, tmp_path: Path
) -> None:
    page = open_page(microphone=drums(tmp_path / "drums.wav"))
    page.before(LISTEN).driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    page.record()
    page.wait(lambda: page.text("#headline") == "Another sound", "no other sound")
    assert page.body("hearing") == "other"
    assert page.text("#state") == "Hearing another sound, not a voice."
    assert page.values["state"] == "silence"  # the bars show no shares
    page.wait(
        lambda: "other" in str(page.find("#areas-picture").get_attribute("data-kinds")),
        "the areas show no other sound",
    )
    told = "return window.told.filter((text) => text.includes('another sound')).length"
    page.wait(lambda: page.driver.execute_script(told) >= 1, "screen readers are not told")

    page.click("#share-switch")
    page.wait(lambda: page.find("#share-open").is_displayed(), "no link was made")
    watcher = open_page(str(page.find("#share-url").get_property("value")))
    watcher.wait(lambda: watcher.text("#headline") == "Another sound", "the watcher sees none")
    watcher.wait(lambda: watcher.all("#totals .c-other"), "the watcher's totals lack it")

    page.stop()
    assert "only other sounds" in page.text("#result-sentence")
    assert page.all("#strip .c-other")
    assert "another sound" in page.text("#totals")
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    page.click("#save-csv")
    # The browser creates the file before it writes the table.
    page.wait(lambda: any(found.stat().st_size for found in tmp_path.glob("*.csv")), "no table")
    (table,) = tmp_path.glob("*.csv")
    with table.open(newline="") as lines:
        marks = [row["other_sound"] for row in csv.DictReader(lines) if row["state"] == "silence"]
    assert marks.count("true") > len(marks) / 2
