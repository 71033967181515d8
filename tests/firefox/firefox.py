"""A real headless Firefox that hears what the tests say."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.firefox.bidi import Bidi
from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room

BROWSERS = ("firefox-esr", "firefox")
START_S = 60.0
ASK, ALLOW, BLOCK = 0, 1, 2
ELSEWHERE = "voice.example"  # a name of this machine, to Firefox only

# Nothing is fetched, nothing is asked, nothing is told to anybody.
QUIET: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.dns.localDomains": ELSEWHERE,
    "network.prefetch-next": False,
    "security.notification_enable_delay": 0,  # a question may be answered at once
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


def missing() -> str | None:
    """Return what this machine lacks for driving a Firefox, in a sentence, or None."""
    if not any(map(shutil.which, BROWSERS)):
        return "no Firefox on this machine: install firefox-esr"
    return None


class Firefox:
    """A browser that runs."""

    def __init__(self, bidi: Bidi) -> None:
        self.bidi = bidi
        bidi.ask("session.subscribe", events=["log.entryAdded"])
        tree = bidi.ask("browsingContext.getTree", **{"moz:scope": "chrome"})
        self._chrome = tree["contexts"][0]["context"]

    def prefer(self, name: str, value: int | str) -> None:
        """Change one of the settings of about:config while it runs."""
        kind = "String" if isinstance(value, str) else "Int"
        change = f"(name, value) => Services.prefs.set{kind}Pref(name, value)"
        self.bidi.run(self._chrome, change, name, value)

    def prefer_dark(self, dark: bool) -> None:
        """Let the system prefer dark pages, or light ones."""
        self.prefer("layout.css.prefers-color-scheme.content-override", 0 if dark else 1)

    def answer(self, page: Page, decision: int) -> None:
        """Press "Allow" or "Block" where the browser asks for the microphone."""
        asked = "() => PopupNotifications.panel.state === 'open'"
        page.wait(lambda: self.bidi.run(self._chrome, asked), "the browser does not ask")
        button = {ALLOW: "button", BLOCK: "secondaryButton"}[decision]
        press = "(button) => PopupNotifications.panel.firstElementChild[button].click()"
        self.bidi.run(self._chrome, press, button)

    def decide(self, page: Page, decision: int) -> None:
        """Change what the visitor has decided about a page's microphone."""
        self._of(
            page,
            "SitePermissions.setForPrincipal(tab.contentPrincipal, 'microphone', about)",
            decision,
        )

    def withdraw(self, page: Page) -> None:
        """Do what the cross does that stands beside the open microphone in the address bar."""
        self._of(page, "webrtcUI.clearPermissionsAndStopSharing(['microphone'], tab)")

    def listens(self, page: Page) -> bool:
        """Whether the browser shows that a page has its microphone open."""
        return bool(self._of(page, "Boolean(tab._sharingState?.webRTC?.microphone)"))

    @contextlib.contextmanager
    def offline(self, page: Page) -> Iterator[None]:
        """Cut a page off from its network for a while."""
        change = "emulation.setNetworkConditions"
        self.bidi.ask(change, networkConditions={"type": "offline"}, contexts=[page.context])
        try:
            yield
        finally:
            self.bidi.ask(change, networkConditions=None, contexts=[page.context])

    def sleep(self, page: Page, seconds: float) -> None:
        """Let a page's process stand still, as on a phone that is locked, and wake it up."""
        process = int(self._of(page, "tab.browsingContext.currentWindowGlobal.osPid"))
        os.kill(process, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(process, signal.SIGCONT)

    def _of(self, page: Page, expression: str, about: Any = None) -> Any:
        function = f"""(context, about) => {{
            const from = (path) => ChromeUtils.importESModule(path);
            const {{ NavigableManager }} =
                from("chrome://remote/content/shared/NavigableManager.sys.mjs");
            const {{ SitePermissions }} = from("resource:///modules/SitePermissions.sys.mjs");
            const {{ webrtcUI }} = from("resource:///modules/webrtcUI.sys.mjs");
            const tab = NavigableManager.getBrowsingContextById(context).embedderElement;
            return {expression}; }}"""
        return self.bidi.run(self._chrome, function, page.context, about)

    @contextlib.contextmanager
    def page(
        self,
        *,
        size: tuple[int, int] = (1280, 900),
        dark: bool = False,
        languages: str = "en",
        microphone: int = ALLOW,
        window: bool = False,
    ) -> Iterator[Page]:
        """Open a tab that knows nothing of the others; close it at the end.

        Parameters
        ----------
        size : (int, int)
            Of the page, in CSS pixels.
        dark : bool
            Whether the system prefers dark pages.
        languages : str
            What the visitor reads, best first, as Accept-Language lists it.
        microphone : {ASK, ALLOW, BLOCK}
            What the visitor has decided about it.
        window : bool
            Whether it is seen beside the others, instead of hiding them.
        """
        self.prefer_dark(dark)
        self.prefer("intl.accept_languages", languages)
        self.prefer("permissions.default.microphone", microphone)
        visitor = self.bidi.ask("browser.createUserContext")["userContext"]
        try:
            kind = "window" if window else "tab"
            tab = self.bidi.ask("browsingContext.create", type=kind, userContext=visitor)
            context = tab["context"]
            viewport = {"width": size[0], "height": size[1]}
            self.bidi.ask("browsingContext.setViewport", context=context, viewport=viewport)
            yield Page(self.bidi, context)
        finally:
            self.bidi.ask("browser.removeUserContext", userContext=visitor)


@contextlib.contextmanager
def launch(folder: Path, room: Room) -> Iterator[Firefox]:
    """Start a Firefox with a profile in a folder, whose microphone is the room's; end it after.

    Raises
    ------
    RuntimeError
        This machine lacks it, or it did not start; the message holds what it said.
    """
    if lack := missing():
        raise RuntimeError(lack)
    folder.mkdir(exist_ok=True)
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in QUIET.items()
    ]
    (folder / "user.js").write_text("\n".join(lines))
    command = [next(filter(None, map(shutil.which, BROWSERS))), "--headless", "--no-remote"]
    # The system's access is what changes settings while it runs; it is a browser of the tests' own.
    command += [
        "--profile",
        str(folder),
        "--remote-debugging-port=0",
        "--remote-allow-system-access",
    ]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=room.environ | {"HOME": str(folder)}, stdout=output, stderr=output
        )
    try:
        began = time.monotonic()
        while not (found := re.search(r"BiDi listening on (ws://\S+)", log.read_text())):
            if process.poll() is not None or time.monotonic() - began > START_S:
                raise RuntimeError(f"Firefox did not start:\n{log.read_text()}")
            time.sleep(0.02)
        firefox = Firefox(Bidi(f"{found[1]}/session"))
        yield firefox
        firefox.bidi.close()
        process.wait(20)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
