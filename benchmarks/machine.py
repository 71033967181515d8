"""The machine and its processes: what they are, what they have used, where they may run."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20


@dataclass(frozen=True)
class Machine:
    """Where and of what the figures were taken; no name of a host, no path."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    commit: str
    date: str

    @classmethod
    def here(cls) -> Machine:
        """Describe this machine and this working tree."""
        return cls(
            cpu=_cpu_model(),
            cores=len(cores()),
            memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            commit=_commit(),
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _commit() -> str:
    def git(*args: str) -> str:
        done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        serving = ("models", "webapp", "deploy", "benchmarks", "requirements.txt")
        changed = git("status", "--porcelain", "--", *serving, ":!benchmarks/RESULTS.md")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with uncommitted changes" if changed else commit


def cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def on_cores(chosen: list[int]) -> Iterator[None]:
    """Keep this thread, and what it starts meanwhile, on some cores."""
    if not hasattr(os, "sched_setaffinity") or not chosen:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process's threads have used; to the microsecond on Linux."""
    try:
        tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
        spent = [int(task.read_text().split()[0]) for task in tasks]
        if spent:
            return sum(spent) / 1e9
    except (OSError, ValueError, IndexError):
        pass
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident_mib(pid: int) -> float:
    """Return what a process holds in memory, MiB."""
    return float(psutil.Process(pid).memory_info().rss / MIB)


def core_busy_s(core: int) -> float:
    """Return the seconds that a core has worked since the machine was started, for anybody."""
    each = psutil.cpu_times(percpu=True)
    if core >= len(each):
        return 0.0
    times = each[core]
    # guest is part of user, and steal is time that the core was not there for us
    return float(times.user + times.nice + times.system + getattr(times, "irq", 0.0)) + float(
        getattr(times, "softirq", 0.0) + getattr(times, "steal", 0.0)
    )
