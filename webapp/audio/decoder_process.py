"""The decoder process: one forked child per file, with hard limits on its resources.

`webapp.audio.isolation` starts this module (``python -m webapp.audio.decoder_process``) once per
worker. Standard input is the control socket, a UNIX socket. For each file the parent sends on it
one byte and a file descriptor: one end of a socket pair, the channel of this file.

The process itself only imports the decoders and keeps one child ready::

    decoder process --fork--> child: warm up, wait on the control socket
          ^                      |
          '------ TAKEN ---------'  when a file arrives; the process then forks the next child

The child limits its own memory, CPU time and files, reads the file from the channel, writes the
samples to it and exits. Because it is forked and warm before the file arrives, isolation costs a
file about a millisecond. Nothing is written to disk. When the parent closes the control socket,
the waiting child sends `QUIT` and the process ends, so it cannot outlive the worker.

The channel carries, in this order:

=========  ========  ===========================================================================
sender     format    content
=========  ========  ===========================================================================
child      ``<i``    its process id
parent     `HEAD`    bytes of the file, longest sound (s), CPU limit (s), memory limit (bytes)
parent               the file
child      `FRAME`   kind and length of a block, then the block; `SAMPLES` (float32) any number of
                     times, then `END` (JSON: ``error``, ``fault``, ``warnings``, ``cpu_s``) once
=========  ========  ===========================================================================
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import socket
import struct
import time
import traceback
from pathlib import Path
from typing import NoReturn

from webapp.audio.errors import AudioError, AudioWarning, undecodable
from webapp.audio.files import decode_file
from webapp.audio.libopus import load_libopus

HEAD = struct.Struct("<QddQ")
FRAME = struct.Struct("<cI")
SAMPLES, END = b"S", b"E"
TAKEN, QUIT = b"T", b"Q"

_NICENESS = 5
_PROMPT_S = 0.1
"""A file that takes more CPU time than this has a lower priority from then on: live streams of the
worker take precedence over long files, and a short clip waits for nobody."""

_MADV_DONTNEED = 4
"""From Linux's mman-common.h."""

_AFTER_S = 0.01
"""Pause before the next child is forked: a short clip is decoded first, on both cores."""

_RETRY_S = 0.5
"""Pause after a child died while it waited, or could not be forked."""


def main() -> None:
    """Keep a child ready until the parent closes the control socket."""
    control = socket.socket(fileno=0)
    # gunicorn's listening sockets are inheritable; held here, they would outlive the worker.
    for descriptor in Path("/dev/fd").iterdir():
        if int(descriptor.name) > 2:
            with contextlib.suppress(OSError):
                os.close(int(descriptor.name))
    # A terminal or a service manager signals the whole group. The worker decides when to stop.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(ignored, signal.SIG_IGN)
    _warm_up()
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection in a child would copy every page that holds an object
    _release_files()
    while True:
        message = _keep_ready(control)
        if message == QUIT:
            return
        time.sleep(_AFTER_S if message == TAKEN else _RETRY_S)


def _keep_ready(control: socket.socket) -> bytes:
    """Fork a child and return its message: `TAKEN`, `QUIT`, or nothing if it died."""
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return b""
    if not child:
        os.close(reading)
        _serve(control, writing)
    os.close(writing)
    try:
        return os.read(reading, 1)
    finally:
        os.close(reading)


def _serve(control: socket.socket, writing: int) -> NoReturn:
    """Decode one file in a child process, then end the process."""
    status = 1
    try:
        _warm_up()
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        os.write(writing, TAKEN if descriptors else QUIT)
        os.close(writing)
        control.close()
        if descriptors:
            channel = socket.socket(fileno=descriptors[0])
            channel.sendall(struct.pack("<i", os.getpid()))
            size, max_s, cpu_s, memory = HEAD.unpack(_receive(channel, HEAD.size))
            _limit(cpu_s, memory=memory + size)
            _answer(channel, _receive(channel, size), max_s)
        status = 0
    except OSError:  # the parent or the decoder process went away
        pass
    finally:
        os._exit(status)


def _release_files() -> None:
    """Give pages that only mirror a library's file back to the page cache; use brings them back.

    Importing touches some 20 MB of code and tables that this process, which only forks, does not
    need again.
    """
    with contextlib.suppress(OSError, AttributeError):  # Linux
        libc = ctypes.CDLL(None)
        span = ""
        for line in Path("/proc/self/smaps").read_text().splitlines():
            name, *fields = line.split()
            if not name.endswith(":"):
                span = name if fields[-1].startswith("/") else ""
            elif span and name == "Anonymous:" and fields[0] == "0":  # no page was written
                start, end = (int(address, 16) for address in span.split("-"))
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def _warm_up() -> None:
    """Decode a little sound, so that a file waits for no import and for no page to be copied."""
    load_libopus()
    sound = struct.pack(">4s5I", b".snd", 24, 96_000, 3, 48_000, 1) + bytes(96_000)
    for _ in decode_file(sound):
        pass


def _answer(channel: socket.socket, data: bytes, max_s: float) -> None:
    """Decode a file and write its blocks and the closing message to the channel."""
    warnings: list[AudioWarning] = []
    error: AudioError | None = None
    fault = ""
    began_s = time.process_time()
    try:
        for block in decode_file(data, max_s=max_s, warnings=warnings):
            channel.sendall(FRAME.pack(SAMPLES, block.nbytes))
            channel.sendall(block.tobytes())
    except AudioError as caught:
        error = caught
    except MemoryError:
        error = undecodable("Decoding this file takes more memory than the server allows.")
    except ConnectionError:  # the parent went away
        raise
    except Exception:  # a fault of a decoder must not become a fault of the server
        fault = traceback.format_exc()
        error = undecodable("The file is damaged: it cannot be decoded.")
    end = {
        "error": error and [error.code, error.message],
        "fault": fault,
        "warnings": [[one.code, one.message, one.at_s] for one in warnings],
        "cpu_s": time.process_time() - began_s,
    }
    text = json.dumps(end).encode()
    channel.sendall(FRAME.pack(END, len(text)) + text)


def _limit(cpu_s: float, *, memory: int) -> None:
    """Limit what this process may use; the kernel enforces every limit.

    Parameters
    ----------
    cpu_s
        CPU seconds, after which the kernel kills the process.
    memory
        Bytes of address space on top of the present size.
    """
    with contextlib.suppress(OSError):  # Linux: if memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    seconds = int(time.process_time() + cpu_s) + 1
    limits = {
        resource.RLIMIT_CPU: (seconds, seconds),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    with contextlib.suppress(OSError):  # Linux; macOS does not enforce RLIMIT_AS
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        size = pages * resource.getpagesize() + memory
        limits[resource.RLIMIT_AS] = (size, size)
    limits[resource.RLIMIT_NOFILE] = (0, 0)  # it opens nothing from here on
    for name, value in limits.items():
        resource.setrlimit(name, value)
    signal.signal(signal.SIGVTALRM, lambda *_: os.nice(_NICENESS) and None)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PROMPT_S)


def _receive(channel: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes; one allocation where the kernel delivers them in one piece."""
    data = channel.recv(size, socket.MSG_WAITALL) if size else b""
    while len(data) < size:
        more = channel.recv(size - len(data), socket.MSG_WAITALL)
        if not more:
            raise ConnectionResetError("The parent closed the channel.")
        data += more
    return data


if __name__ == "__main__":
    main()
