"""The notebook runs, from top to bottom, and shows what it shows in the repository."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def committed(root):
    return nbformat.read(root / "training" / "walkthrough.ipynb", as_version=4)


@pytest.fixture(scope="module")
def executed(root, committed):
    notebook = nbformat.from_dict(committed)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    # From its own folder, as Jupyter would run it.
    there = {"metadata": {"path": str(root / "training")}}
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", resources=there)
    client.execute(env=environment)
    return notebook


def shown(cell):
    """Kinds of output that a reader sees."""
    kinds = set()
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            kinds.add("text")
        elif "data" in output:
            kinds |= {kind for kind in output.data if kind.startswith("image/")}
    return kinds


def test_every_cell_shows_the_same_kind_of_thing_as_in_the_repository(committed, executed):
    for before, after in zip(committed.cells, executed.cells, strict=True):
        assert shown(before) == shown(after), before.source


def test_its_outputs_are_committed_and_free_of_errors_and_paths(root, committed):
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert sum("image/png" in shown(cell) for cell in code) >= 4
    text = nbformat.writes(committed)
    assert str(root) not in text
    assert '"output_type": "error"' not in text
    assert len(text) < 500_000


def test_what_it_claims_comes_out(executed):
    said = "".join(
        output.text
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    )
    assert "as librosa has them: True" in said
    assert "the loss fell: True" in said
    assert "a voice that it never heard:" in said
