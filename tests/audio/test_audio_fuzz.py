"""A minute of `make fuzz`."""

from __future__ import annotations

import pytest

from tests.audio.fuzz import run


@pytest.mark.slow
def test_mutated_files_are_decoded_or_refused_within_limits():
    outcomes, failures = run(count=200_000, seconds=60, quiet=True)
    assert not failures
    assert outcomes["samples"] > 100
    assert outcomes["undecodable"] > 10
