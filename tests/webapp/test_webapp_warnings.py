"""The page's wording of the decoder's warnings."""

from __future__ import annotations

import pytest

from webapp.audio import errors

CODES = [
    errors.DAMAGED,
    errors.TRAILING,
    errors.TRUNCATED,
    errors.JOINED,
    errors.GAP,
    errors.OTHER_TRACK,
]


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_every_warning_of_the_decoder_has_a_sentence_on_the_page(root, language):
    catalogue = (root / "static/js/catalogue" / f"{language}.js").read_text("utf-8")
    sentences = catalogue.split("  warnings: {", 1)[1].split("\n  },", 1)[0]
    assert [code for code in CODES if f"    {code}: (" not in sentences] == []
