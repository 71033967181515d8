"""A sound server of the tests' own, whose microphone hears what is played to it.

Firefox's fake microphone only hums, so it gets a real one: a PulseAudio that knows no sound card,
where the source `microphone` hears what `Room.say` plays into the sink `voice`. What Firefox itself
plays goes to another sink, as into headphones. Socket and files lie in a folder of the tests' own,
nobody else finds the server, and it ends with them, or by itself once nobody has used it for long.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

START_S = 20.0
CLIENTS = "module-native-protocol-unix auth-anonymous=1 socket={socket}"
DEVICES = (
    "module-null-sink sink_name=headphones rate=48000 channels=2",
    "module-null-sink sink_name=voice rate=48000 channels=1",
    "module-remap-source source_name=microphone master=voice.monitor"
    " source_properties=device.description=Microphone",
    # By itself a null sink works two seconds at a time, and a microphone behind it is as slow.
    "module-loopback source=voice.monitor sink=headphones latency_msec=20",
)


def missing() -> str | None:
    """Return what this machine lacks for that, in a sentence, or None."""
    if not all(map(shutil.which, ("pulseaudio", "pactl", "paplay"))):
        return "no PulseAudio on this machine: install pulseaudio"
    return None


@dataclass
class Room:
    """Where somebody may speak into the microphone.

    Attributes
    ----------
    environ : dict
        The environment of a program that is to hear this microphone.
    """

    environ: dict[str, str]
    _speaking: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def say(self, wav: Path) -> None:
        """Play a file into the microphone, in real time, and return at once."""
        command = ["paplay", "--device=voice", str(wav)]
        self._speaking.append(subprocess.Popen(command, env=self.environ))

    def is_heard(self) -> bool:
        """Whether somebody speaks."""
        return any(player.poll() is None for player in self._speaking)

    def hush(self) -> None:
        """End what is being said."""
        while self._speaking:
            player = self._speaking.pop()
            player.terminate()
            player.wait(5)

    def unplugged(self) -> contextlib.AbstractContextManager[None]:
        """Take the microphone away for a while."""
        return self._without("module-remap-source")

    def bare(self) -> contextlib.AbstractContextManager[None]:
        """Take everything away for a while that could be recorded or sound."""
        return self._without("module-loopback", "module-remap-source", "module-null-sink")

    def sluggish(self) -> contextlib.AbstractContextManager[None]:
        """Let the microphone hear, for a while, only up to two seconds after it was opened."""
        return self._without("module-loopback")

    @contextlib.contextmanager
    def _without(self, *modules: str) -> Iterator[None]:
        for module in modules:
            _control(self.environ, "unload-module", module)
        try:
            yield
        finally:
            for words in map(str.split, DEVICES):
                if words[0] in modules:
                    _control(self.environ, "load-module", *words)
            _choose(self.environ)


@contextlib.contextmanager
def room(folder: Path) -> Iterator[Room]:
    """Start the sound server in a folder; stop it at the end.

    Raises
    ------
    RuntimeError
        It did not start; the message holds what it said.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    socket, log = folder / "native", folder / "log"
    own = {"HOME": str(folder), "PULSE_RUNTIME_PATH": str(folder), "PULSE_STATE_PATH": str(folder)}
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=600"]
    command += [f"--load={module}" for module in (CLIENTS.format(socket=socket), *DEVICES)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=os.environ | own, stdout=output, stderr=output, start_new_session=True
        )
    client = os.environ | {"PULSE_SERVER": f"unix:{socket}", "PULSE_COOKIE": str(folder / "cookie")}
    here = Room(client)
    try:
        began = time.monotonic()
        while not _choose(client):
            if server.poll() is not None or time.monotonic() - began > START_S:
                raise RuntimeError(f"PulseAudio did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield here
    finally:
        here.hush()
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _choose(environ: dict[str, str]) -> bool:
    """Make the microphone and the headphones the usual ones; False while the server is not up."""
    return _control(environ, "set-default-source", "microphone") and _control(
        environ, "set-default-sink", "headphones"
    )


def _control(environ: dict[str, str], *words: str) -> bool:
    """Tell the server something; False if it did not do it."""
    done = subprocess.run(["pactl", *words], env=environ, capture_output=True, check=False)
    return done.returncode == 0
