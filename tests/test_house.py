"""The house: who imports whom, and what serving must never load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = {"models", "training", "webapp", "tests", "benchmarks", "scripts"}
ALLOWED = {
    "models": {"models"},
    "training": {"training", "models"},
    "webapp": {"webapp", "models"},
    "webapp/audio": {"webapp/audio"},
}
TRAINING = ("corpora", "data", "signal", "fitting", "evaluation", "reporting")
"""Rooms of training: each imports itself and those before it."""
BESIDE = {"teaching": {"corpora", "data", "signal", "fitting", "teaching"}}
"""Rooms beside that order: the encoder's distillation, which only the commands import."""
HEAVY = {"tensorflow", "keras", "librosa", "scipy", "sklearn", "numba", "matplotlib"}


def room_of(module: str) -> str:
    return "webapp/audio" if (module + ".").startswith("webapp.audio.") else module.split(".")[0]


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in it, relative ones spelled out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            assert node.module
            yield node.module
            # `from webapp import audio` imports a module too
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ALLOWED)
def test_each_room_imports_only_what_the_house_allows(root, room):
    files = [
        path
        for path in (root / room).rglob("*.py")
        if room_of(".".join(path.relative_to(root).with_suffix("").parts)) == room
    ]
    assert files
    wrong = {
        f"{path.relative_to(root)} imports {module}"
        for path in files
        for module in imports(path)
        if module.split(".")[0] in ROOMS
        and room_of(module) not in ALLOWED[room]
        and not (room == "webapp" and room_of(module) == "webapp/audio")
    }
    assert not wrong


@pytest.mark.parametrize("room", [*TRAINING, *BESIDE])
def test_imports_between_the_rooms_of_training_run_in_one_direction(root, room):
    allowed = BESIDE.get(room) or set(TRAINING[: TRAINING.index(room) + 1])
    files = list((root / "training" / room).rglob("*.py"))
    assert len(files) > 1
    wrong = {
        f"{path.relative_to(root)} imports {module}"
        for path in files
        for module in imports(path)
        if module.startswith("training.") and module.split(".")[1] not in allowed
    }
    assert not wrong


def test_every_module_of_training_stands_in_a_room(root):
    loose = {path.name for path in (root / "training").glob("*.py")}
    assert loose == {"__init__.py", "__main__.py"}
    rooms = {path.parent.name for path in (root / "training").glob("*/__init__.py")}
    assert rooms == {*TRAINING, *BESIDE}


@pytest.mark.parametrize("room", ["models", "webapp"])
def test_no_module_names_what_serving_must_not_load(root, room):
    wrong = {
        f"{path.relative_to(root)} imports {module}"
        for path in (root / room).rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] in HEAVY
    }
    assert not wrong


SERVE = """
import io, os, sys
from webapp import create_app
app = create_app()
clip = open(sys.argv[1], "rb")
answer = app.test_client().post("/api/v1/predictions", data={"file": (clip, "a.bin")})
assert answer.status_code == 200, answer.json
assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_serving_a_prediction_loads_nothing_heavy(root):
    clip = root / "tests/fixtures/mediarecorder/sel_speech_250.bin"
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(clip)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "ai_edge_litert" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("worker", ["eventlet", "gevent", "thread"])
def test_gunicorns_master_loads_neither_the_application_nor_numpy(root, worker):
    names = f"webapp.settings, webapp.logs, webapp.{worker}_worker"
    code = f"import sys, {names}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "flask", "models", "webapp.factory", "prometheus_client"}
