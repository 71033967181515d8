"""Decode files in the decoder process, so that no file can harm the process that asks.

Hostile files exist: a header of 58 bytes can claim gigabytes, a compressed header can unpack to
them, and a decoder may loop or crash. `decode_isolated` therefore runs `decode_file` in a child of
`webapp.audio.decoder_process`, where the kernel limits memory, CPU time and files, and here the
time to wait and the number of samples are limited. The samples equal those of `decode_file`.

Workers of eventlet and gevent replace functions of `os`, `socket` and `threading` by cooperative
ones, which must not run in the real threads that decode. This module therefore uses the C modules
`posix` and `_socket`, which nothing replaces, and no lock.
"""

from __future__ import annotations

import _socket
import contextlib
import json
import logging
import os
import posix
import signal
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from webapp.audio.errors import TOO_LONG, AudioError, AudioWarning, undecodable
from webapp.audio.resample import SAMPLE_RATE, Samples

log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_HEAD = struct.Struct("<QddQ")
_FRAME = struct.Struct("<cI")
_MAX_BLOCK = 4 * 31 * SAMPLE_RATE
_MAX_END = 1 << 20
_SPARE_S = 1.0
"""Seconds by which the child's own limit on the length may be exceeded: rounding and padding."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits on the decoding of one file.

    Attributes
    ----------
    memory_bytes
        Address space on top of the idle process and of the file itself.
    cpu_s, cpu_per_s
        CPU seconds: a fixed part, and a part for each second of the longest sound.
    wait_s
        Seconds that the parent waits for the child in all; its own work between two blocks does
        not count.
    """

    memory_bytes: int = 256 << 20
    cpu_s: float = 5.0
    cpu_per_s: float = 0.03
    wait_s: float = 60.0


@dataclass
class Usage:
    """Cost of the decoding of one file.

    Attributes
    ----------
    cpu_s
        CPU seconds of the child.
    """

    cpu_s: float = 0.0


@dataclass(frozen=True)
class _Process:
    control: _socket.socket
    pid: int
    parent: int
    """Process id of the process that started it; after a fork the child starts its own."""


class DecoderProcess:
    """One decoder process, started on first use and restarted after it died.

    Several threads may decode at once: each file has a child process and a channel of its own.
    """

    def __init__(self) -> None:
        self._process: _Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id; None before the start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process if it does not run yet, without waiting for it."""
        self._running()

    def stop(self) -> None:
        """End the process and its children; the next file starts another."""
        if self._process is not None:
            self._discard(self._process)

    def decode(
        self,
        data: bytes,
        *,
        max_s: float = 600.0,
        warnings: list[AudioWarning] | None = None,
        limits: Limits | None = None,
        usage: Usage | None = None,
    ) -> Iterator[Samples]:
        """Decode a file in a child process.

        Parameters
        ----------
        data, max_s, warnings
            As for `webapp.audio.decode_file`.
        limits
            What the decoding may cost.
        usage
            Receives what it has cost.

        Yields
        ------
        numpy.ndarray
            float32, shape (n,), mono at 16 kHz, at most 30 s each.

        Raises
        ------
        AudioError
            As `webapp.audio.decode_file`; ``undecodable`` also if the file exceeds a limit.
        RuntimeError
            The decoder process cannot be started.
        """
        limits = limits or Limits()
        child, channel = self._open()
        running = True
        try:
            cpu_s = limits.cpu_s + limits.cpu_per_s * max_s
            waiter = _Waiter(channel, limits.wait_s)
            waiter.send(_HEAD.pack(len(data), max_s, cpu_s, limits.memory_bytes))
            waiter.send(data)
            left = round((max_s + _SPARE_S) * SAMPLE_RATE)
            while True:
                kind, size = _FRAME.unpack(waiter.receive(_FRAME.size))
                if kind != b"S":
                    break
                block = np.frombuffer(waiter.receive(min(size, _MAX_BLOCK)), np.float32)
                left -= block.size
                if left < 0:
                    raise AudioError(TOO_LONG, f"The audio is longer than {max_s:g} seconds.")
                yield block
            end = json.loads(waiter.receive(min(size, _MAX_END)))
            running = False
        except (OSError, EOFError) as error:
            running = not isinstance(error, EOFError)
            raise undecodable(
                "Decoding this file takes more time or memory than the server allows, "
                "or the file makes the decoder fail."
            ) from error
        finally:
            if running:
                with contextlib.suppress(OSError):
                    posix.kill(child, signal.SIGKILL)
            channel.close()
        if end["fault"]:
            log.error("A file made the decoder fail.\n%s", end["fault"])
        if usage is not None:
            usage.cpu_s = end["cpu_s"]
        if warnings is not None:
            warnings += [AudioWarning(*fields) for fields in end["warnings"]]
        if end["error"]:
            raise AudioError(*end["error"])

    def _open(self) -> tuple[int, _socket.socket]:
        """Return the process id of a new child and the channel to it."""
        for _ in range(2):  # the process may have died since the last file
            process = self._running()
            ours, theirs = _socket.socketpair()
            try:
                rights = struct.pack("i", theirs.fileno())
                process.control.sendmsg([b"F"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
                theirs.close()
                child = _Waiter(ours, Limits().wait_s).receive(4)
                return struct.unpack("<i", child)[0], ours
            except (OSError, EOFError):
                ours.close()
                theirs.close()
                self._discard(process)
        raise RuntimeError("The decoder process does not start; its standard error says why.")

    def _running(self) -> _Process:
        """Return the process; start it if there is none.

        Two threads may both start one here. The later assignment wins, and the other process ends
        as soon as its control socket is garbage.
        """
        process = self._process
        if process is None or process.parent != os.getpid():
            process = self._process = _spawn()
        return process

    def _discard(self, process: _Process) -> None:
        if self._process is process:
            self._process = None
        process.control.close()
        with contextlib.suppress(OSError):
            posix.kill(process.pid, signal.SIGKILL)
            posix.waitpid(process.pid, 0)


class _Waiter:
    """Reads and writes a socket within a total time of waiting."""

    def __init__(self, channel: _socket.socket, wait_s: float) -> None:
        self._channel = channel
        self._left_s = wait_s

    def send(self, data: bytes) -> None:
        began = time.monotonic()
        self._channel.settimeout(max(self._left_s, 0.001))
        self._channel.sendall(data)
        self._left_s -= time.monotonic() - began

    def receive(self, size: int) -> bytes:
        """Return exactly `size` bytes; EOFError if the stream ends before."""
        data = bytearray(size)
        view = memoryview(data)
        began = time.monotonic()
        while view:
            self._channel.settimeout(max(self._left_s - (time.monotonic() - began), 0.001))
            count = self._channel.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        self._left_s -= time.monotonic() - began
        return bytes(data)


def _spawn() -> _Process:
    """Start a decoder process: a new interpreter, which inherits nothing but its control socket."""
    ours, theirs = _socket.socketpair()
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
    pid = posix.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "webapp.audio.decoder_process"],
        environ,
        file_actions=[
            (posix.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
            (posix.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ],
        setpgroup=0,  # Ctrl-C in a terminal goes to the group of the worker
    )
    theirs.close()
    return _Process(ours, pid, os.getpid())


_SHARED = DecoderProcess()
start_decoder = _SHARED.start
decode_isolated = _SHARED.decode
