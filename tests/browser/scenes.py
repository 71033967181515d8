"""Every state of the pages, brought about in a real browser: for tests of access, for pictures.

A journey is a generator that goes from state to state and hands on the state's name and the page
that is in it. Who looks at a page may change its size and its theme.
"""

from __future__ import annotations

import math
import os
import signal
import tempfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chromium import Page, set_offline
from servers import LiveClient, serve
from shown import with_sections
from speech import acted, write_wav
from tap import HESITATE

from training.nonspeech import sounds

RATE = 16000
TO_TOP = "(s) => document.querySelector(s).scrollIntoView({behavior: 'instant'})"
# The server's answer to takes with a doubt, or that the newest take holds no voice: which takes a
# model doubts depends on the model.
DOUBT = """
    const real = window.fetch;
    window.fetch = async (url, how) => {
      if (!String(url).endsWith('/api/v1/speakers')) return real(url, how);
      const [emotion] = [...how.body.keys()].slice(-1);
      const clip = how.body.getAll(emotion).length - 1;
      if (window.refusing) {
        const error = { code: 'no_voice', message: '', emotion, clip };
        return Response.json({ error }, { status: 422 });
      }
      const answer = await (await real(url, how)).json();
      if (window.doubting) answer.doubts = [{ emotion, clip, resembles: 'angry' }];
      return Response.json(answer);
    };"""
Scene = tuple[str, Page]


@dataclass(frozen=True)
class Stage:
    """What a journey needs.

    Attributes
    ----------
    url : str
        Of a running server.
    speech : Path
        A WAV file for the microphone.
    seconds : float
        How long it is.
    browser : callable
        Launches a browser (`chromium.launch`'s arguments) and returns its page, not yet opened.
    """

    url: str
    speech: Path
    seconds: float
    browser: Callable[..., Page]


def visit(stage: Stage) -> Iterator[Scene]:
    """Come for the first time, look around, and be asked for the microphone."""
    page = stage.browser(microphone=stage.speech).before(HESITATE).open(stage.url)
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    yield "idle", page
    script = "for (const part of document.querySelectorAll('details')) part.open = arguments[0]"
    if page.all("details"):
        page.driver.execute_script(script, True)
        yield "idle-open", page
        page.driver.execute_script(script, False)
    with_sections(page)
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    page.driver.execute_script(script, True)
    yield "about", page
    page.driver.execute_script(script, False)
    for dialog in page.all("dialog[id]"):
        name = dialog.get_attribute("id")
        page.driver.execute_script("arguments[0].showModal()", dialog)
        yield f"dialog-{name}", page
        page.driver.execute_script("arguments[0].close()", dialog)
    page.run("() => { window.hesitating = false; }")
    page.click("#teach")
    page.click("#reading-begin")
    spoken = page.find("#reading-turn")
    page.wait(lambda: float(spoken.get_attribute("aria-valuenow") or 0) > 3, "no speech is counted")
    yield "reading", page
    page.wait(lambda: page.data("#reading-part", "state") == "done", "it does not end", seconds=45)
    yield "read", page
    page.click("#voice-forget")
    page.click("#voice-close")
    page.run("() => { window.hesitating = true; }")
    page.click("#record")
    page.wait_state("asking")
    yield "asking", page
    page.click("#cancel")


def voice(stage: Stage) -> Iterator[Scene]:
    """Record, from the first word to the result."""
    page = stage.browser(microphone=stage.speech).open(stage.url)
    page.record()
    page.wait(lambda: page.seconds > 4, "the clock stands still")
    page.wait(lambda: page.values["state"] == "speech", "no speech")
    yield "speech", page
    if page.find("#share").is_displayed():
        page.click("#share-switch")
        page.wait(lambda: page.find("#share-open").is_displayed(), "no link")
        yield "share", page
        page.click("#share-switch")
    page.click("#pause")
    page.wait_state("paused")
    yield "paused", page
    page.stop()
    yield "result", page

    page = stage.browser(microphone=stage.speech, loop=False).open(stage.url)
    page.record()
    page.wait(
        lambda: page.values["state"] == "silence" and page.seconds > stage.seconds, "no silence"
    )
    yield "silence", page


def teaching(stage: Stage) -> Iterator[Scene]:
    """Teach a voice: takes, a doubt, a refused take, and a result that is judged again."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "takes.wav"
        write_wav(acted("happy")[0], wav, before_s=0.3)
        page = stage.browser(microphone=wav).before(DOUBT).open(stage.url)
        page.find("#file").send_keys(str(acted("angry")[0]))
        page.wait_state("result", seconds=60)
        page.click("#teach")
        page.click("#voice-skip")
        card = say(page, "happy", acted("happy")[0], wav, until=("recording",))
        yield "teaching-recording", page
        page.wait(lambda: page.data(card, "name") == "known", "it was not learnt", seconds=40)
        for clip in acted("angry")[:2]:
            say(page, "angry", clip, wav)
        page.run("() => { window.doubting = true; }")
        say(page, "happy", acted("happy")[1], wav)
        page.run("() => { window.refusing = true; }")
        say(page, "sad", acted("sad")[0], wav, until=("waiting",))
        page.run(TO_TOP, "#voice-cards")
        yield "teaching", page
        page.run(TO_TOP, "#voice-profile")
        yield "teaching-profile", page
        page.click("#voice-close")
        page.click("#rejudge")
        page.wait_text("#rejudged", "With your voice profile")
        yield "teaching-judged", page


def say(
    page: Page, emotion: str, clip: Path, wav: Path, *, until: tuple[str, ...] = ("known",)
) -> str:
    """Record a take of a card that hears a clip; return the card's selector.

    Chromium reads `wav`, the microphone's file, anew at each opening of the microphone.
    """
    write_wav(clip, wav, before_s=0.3, after_s=3.0)
    card = f".voice-card[data-emotion={emotion}]"
    takes = page.count(f"{card} .take-item")
    page.click(f"{card} .take-record")
    if until != ("recording",):
        more = "no take was added"
        page.wait(lambda: page.count(f"{card} .take-item") > takes, more, seconds=30)
    page.wait(lambda: page.data(card, "name") in until, f"not {until}", seconds=40)
    return card


def noise(stage: Stage) -> Iterator[Scene]:
    """Record a sound that is no voice, let others watch, and see the result."""
    with tempfile.TemporaryDirectory() as folder:
        page = stage.browser(microphone=drums(Path(folder) / "drums.wav")).open(stage.url)
        page.record()
        page.wait(lambda: page.body("hearing") == "other", "no other sound")
        page.wait(lambda: page.seconds > 5, "the clock stands still")
        yield "other-sound", page
        if page.find("#share").is_displayed():
            page.click("#share-switch")
            page.wait(lambda: page.find("#share-open").is_displayed(), "no link")
            watcher = stage.browser().open(str(page.find("#share-url").get_property("value")))
            watcher.wait(lambda: watcher.body("hearing") == "other", "no other sound")
            watcher.wait(lambda: len(watcher.all("#totals li")) > 0, "no totals")
            yield "other-sound-watch", watcher
        page.stop()
        page.wait(lambda: page.data("#stage", "drawn") == "wave", "no waveform", seconds=60)
        yield "other-sound-result", page


def clips(stage: Stage) -> Iterator[Scene]:
    """Have clips judged: one of the samples, a long file, and a file that is none."""
    page = stage.browser().open(stage.url)
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    hold(page)
    page.press(page.all("#cards .judge")[1])
    page.wait_state("judging")
    yield "judging", page
    page.driver.execute_cdp_cmd("Fetch.disable", {})
    page.wait_state("result", "error")
    if page.state == "error":  # this browser drops what it had held back
        page.press(page.all("#cards .judge")[1])
        page.wait_state("judging", "result")
        page.wait_state("result")
    page.driver.execute_async_script("setTimeout(arguments[0], 700)")
    yield "sample", page
    with tempfile.TemporaryDirectory() as folder:
        long = repeated(stage.speech, Path(folder) / "long.wav", seconds=100)
        hold(page)
        page.find("#file").send_keys(str(long))
        page.wait_state("judging")
        page.driver.execute_async_script("setTimeout(arguments[0], 700)")
        yield "sending", page
        page.click("#sending-cancel")
        page.wait_state("idle")
        page.driver.execute_cdp_cmd("Fetch.disable", {})
        page.find("#file").send_keys(str(long))
        page.wait_state("result", seconds=60)
        page.wait(lambda: page.data("#stage", "drawn") == "wave", "no waveform", seconds=60)
        page.driver.execute_async_script("setTimeout(arguments[0], 700)")
        yield "long", page
        letter = Path(folder) / "letter.txt"
        letter.write_text("Dear Sir or Madam")
        page.find("#file").send_keys(str(letter))
        page.wait_state("error")
        page.driver.execute_async_script("setTimeout(arguments[0], 700)")
        yield "error", page


def crowd(stage: Stage) -> Iterator[Scene]:
    """Find no place, get one, and lose the server."""
    page = stage.browser(microphone=stage.speech)
    with serve({"MAX_SESSIONS": "1"}) as full:
        with LiveClient(full.url) as other:
            other.start("audio/wav")
            page.open(full.url)
            page.click("#record")
            page.wait_state("queued")
            page.driver.execute_async_script("setTimeout(arguments[0], 1500)")
            yield "queued", page
        page.wait_state("recording", seconds=60)
        page.hear_more(state=("speech", "unsure"))
        (old,) = full.workers
        os.kill(full.process.pid, signal.SIGSTOP)  # no successor as long as it is looked at
        try:
            os.kill(old, signal.SIGTERM)
            page.wait_state("reconnecting")
            yield "moving", page
        finally:
            os.kill(full.process.pid, signal.SIGCONT)
        page.wait_state("recording", seconds=60)
        page.hear_more()
    page.wait_state("reconnecting")
    yield "reconnecting", page
    page.wait_state("stranded", seconds=40)
    yield "stranded", page


def troubles(stage: Stage) -> Iterator[Scene]:
    """Come with a machine or a browser that cannot record, or go offline."""
    page = stage.browser(permission="refused").open(stage.url)
    page.click("#record")
    page.wait_state("error")
    yield "refused", page

    page = stage.browser().open(stage.url)
    page.click("#record")
    page.wait_state("error")
    yield "no-microphone", page
    page = page.before("delete window.MediaRecorder;").open(stage.url)
    yield "unsupported", page

    page = stage.browser(flags=("--host-resolver-rules=MAP voice.example 127.0.0.1",))
    page.open(stage.url.replace("127.0.0.1", "voice.example"))
    yield "insecure", page

    page = stage.browser(microphone=stage.speech).open(stage.url)
    page.record()
    page.hear_more()
    set_offline(page.driver, True)
    page.wait_state("reconnecting")
    yield "offline", page


def watching(stage: Stage) -> Iterator[Scene]:
    """Watch a shared recording to its end."""
    with serve({"MAX_WATCHERS": "1"}) as server:
        speaker = stage.browser(microphone=stage.speech).open(server.url)
        speaker.record()
        speaker.hear_more()
        if not speaker.find("#share").is_displayed():
            return  # this server shares no views
        speaker.click("#share-switch")
        speaker.wait(lambda: speaker.find("#share-open").is_displayed(), "no link")
        link = str(speaker.find("#share-url").get_property("value"))
        watcher = stage.browser().open(link)
        watcher.wait_state("live")
        watcher.wait(lambda: watcher.values["seq"], "nothing is seen")
        speaker.wait(lambda: speaker.seconds > 5, "the clock stands still")
        yield "watch", watcher
        late = stage.browser().open(link)
        late.wait_state("full")
        yield "watch-full", late
        speaker.click("#pause")
        watcher.wait_state("paused")
        yield "watch-paused", watcher
        set_offline(watcher.driver, True)
        watcher.wait_state("interrupted")
        yield "watch-interrupted", watcher
        set_offline(watcher.driver, False)
        watcher.wait_state("paused", "live", "full", seconds=30)
        speaker.click("#resume")
        speaker.wait_state("recording")
        speaker.stop()
        if watcher.state != "full":
            watcher.wait_state("ended")
            yield "watch-ended", watcher
        watcher.open(f"{server.url}/watch/no-such-view")
        watcher.wait_state("missing")
        yield "watch-missing", watcher


JOURNEYS: dict[str, Callable[[Stage], Iterator[Scene]]] = {
    journey.__name__: journey
    for journey in (visit, voice, teaching, noise, clips, crowd, troubles, watching)
}


def drums(target: Path) -> Path:
    """Write a WAV file with twelve seconds of drums."""
    beats = [sound.samples for sound in sounds(seed=1) if sound.kind == "drums"]
    samples = np.concatenate(beats[:2])
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples / np.abs(samples).max() * 16000).astype("<i2").tobytes())
    return target


def hold(page: Page) -> None:
    """Hold back what is sent to be judged."""
    judged = {"patterns": [{"urlPattern": "*/api/v1/predictions*"}]}
    page.driver.execute_cdp_cmd("Fetch.enable", judged)


def repeated(source: Path, target: Path, *, seconds: float) -> Path:
    """Write a WAV over and over, with silence between, until it is so long."""
    with wave.open(str(source)) as clip:
        shape = clip.getparams()
        frames = clip.readframes(shape.nframes) + bytes(2 * shape.framerate)
    with wave.open(str(target), "wb") as out:
        out.setparams(shape)
        out.writeframes(frames * math.ceil(seconds * 2 * shape.framerate / len(frames)))
    return target
