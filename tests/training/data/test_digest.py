"""A result's cache key follows the code that makes the result, not its wording or its place."""

import importlib
import sys

import pytest

from training.data import digest
from training.data.digest import code_digest

BASE = """
FACTOR = 2

def helper(x):
    return x + FACTOR

class Tool:
    size: int = 3

    def use(self, x):
        return helper(x)

def make(tool: Tool, x):
    return tool.use(x)
"""


@pytest.fixture
def digest_in(tmp_path, monkeypatch):
    """Return a function from source to the digest of its `make`, in a module of a given name."""
    monkeypatch.setattr(digest, "PROJECT", ("made_one", "made_other"))
    monkeypatch.syspath_prepend(str(tmp_path))
    count = iter(range(100))

    def digest_of(source, package="made_one"):
        name = f"{package}.m{next(count)}"
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / f"{name.split('.')[1]}.py").write_text(source)
        importlib.invalidate_caches()
        return code_digest(importlib.import_module(name).make)

    yield digest_of
    for name in [name for name in sys.modules if name.startswith("made_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "change",
    [
        ("return x + FACTOR", "return x + FACTOR  # a comment\n"),
        ("def helper(x):\n", 'def helper(x):\n    """Say something."""\n'),
        ("    size: int = 3\n", '    size: int = 3\n    """Say something."""\n'),
        ("return helper(x)", "return helper(\n            x\n        )"),
        ("FACTOR = 2", "UNUSED = 1\nFACTOR = 2"),
    ],
    ids=["comment", "docstring", "attribute docstring", "layout", "unused code"],
)
def test_wording_layout_and_unused_code_do_not_change_the_digest(digest_in, change):
    assert digest_in(BASE.replace(*change)) == digest_in(BASE)


def test_moving_the_code_to_another_module_does_not_change_the_digest(digest_in):
    assert digest_in(BASE, "made_other") == digest_in(BASE)


@pytest.mark.parametrize(
    "change",
    [
        ("return x + FACTOR", "return x - FACTOR"),
        ("FACTOR = 2", "FACTOR = 3"),
        ("size: int = 3", "size: int = 4"),
        ("return tool.use(x)", "return tool.use(x) + 1"),
    ],
    ids=["function", "constant", "attribute", "entry"],
)
def test_a_change_of_anything_that_the_result_depends_on_changes_the_digest(digest_in, change):
    assert digest_in(BASE.replace(*change)) != digest_in(BASE)


def test_the_digest_of_the_projects_own_code_is_the_same_twice():
    from training.fitting.networks import made_network

    assert code_digest(made_network) == code_digest(made_network)
