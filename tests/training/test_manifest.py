"""A manifest is read whole, or the fault is named."""

import pytest

from training.manifest import ManifestError, find_corpora, read_manifest

HEADER = "path,corpus,speaker,sex,emotion,intensity,sentence,take,duration_s,sample_rate"


@pytest.fixture
def ravdess(tmp_path):
    folder = tmp_path / "ravdess"
    folder.mkdir()

    def write(*rows):
        for row in rows:
            (tmp_path / row.split(",")[0]).write_bytes(b"sound")
        (folder / "manifest.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        return folder

    return write


def row(name="a", emotion="happy", corpus="ravdess"):
    return f"ravdess/{name}.flac,{corpus},ravdess_01,M,{emotion},normal,kids,1,3.0,16000"


def test_the_five_emotions_are_read(ravdess):
    (utterance,) = read_manifest(ravdess(row()))
    assert (utterance.emotion, utterance.speaker, utterance.sex) == ("happy", "ravdess_01", "M")
    assert utterance.path.read_bytes() == b"sound"


def test_emotions_that_none_of_the_five_covers_are_left_out(ravdess):
    folder = ravdess(row("a", "disgust"), row("b", "sad"), row("c", "calm"))
    assert [u.emotion for u in read_manifest(folder)] == ["sad"]


def test_calm_stands_for_neutral_where_there_is_no_neutral(ravdess):
    (utterance,) = read_manifest(ravdess(row("a", "calm", corpus="emospeech")))
    assert (utterance.emotion, utterance.original) == ("neutral", "calm")


def test_an_unknown_label_is_named_with_its_line(ravdess):
    with pytest.raises(ManifestError, match=r"manifest\.csv, line 3: unknown label 'hapy'"):
        read_manifest(ravdess(row(), row("b", "hapy")))


def test_a_missing_recording_is_named(ravdess):
    folder = ravdess(row())
    (folder / "a.flac").unlink()
    with pytest.raises(ManifestError, match=r"line 2: .*a\.flac is missing"):
        read_manifest(folder)


def test_an_empty_manifest_is_refused(ravdess):
    with pytest.raises(ManifestError, match="holds no recordings"):
        read_manifest(ravdess())


def test_a_folder_without_corpora_is_refused_with_what_would_help(tmp_path):
    with pytest.raises(ManifestError, match="set CORPORA_DIR"):
        find_corpora(tmp_path)


def test_padded_speaker_names_are_trimmed(corpora):
    names = {u.speaker for u in read_manifest(corpora / "nemo")}
    assert len(names) == 9
    assert not any(" " in name for name in names)


def test_all_the_real_corpora_are_read(corpora):
    found = find_corpora(corpora)
    assert len(found["ravdess"]) == 96 + 4 * 192
    assert {u.emotion for u in found["ased"]} == {"neutral", "happy", "sad", "angry", "fearful"}
