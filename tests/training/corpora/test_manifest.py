"""A manifest is read whole, or the fault is named."""

import pytest

from tests.training.recordings import layout
from training.corpora.manifest import ManifestError, find_corpora, read_manifest

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


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("path,corpus\nravdess/a.flac,ravdess\n", "line 2: lacks one of the columns"),
        (f"{HEADER}\nravdess/a.flac,ravdess\n", "line 2: lacks one of the columns"),
        (f"{HEADER}\n{row(corpus='ravdes')}\n", "line 2: unknown corpus 'ravdes'"),
        (f"{HEADER}\n{row().replace('3.0', 'long')}\n", "line 2: 'long' is no duration"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(ravdess, text, fault):
    folder = ravdess(row())
    (folder / "manifest.csv").write_text(text)
    with pytest.raises(ManifestError, match=rf"manifest\.csv, {fault}"):
        read_manifest(folder)


def test_a_manifest_that_is_no_text_is_named(ravdess):
    folder = ravdess(row())
    (folder / "manifest.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ManifestError, match=r"manifest\.csv is not a table"):
        read_manifest(folder)


def test_a_label_that_another_corpus_has_is_unknown_here(ravdess):
    with pytest.raises(ManifestError, match="unknown label 'anxious'"):
        read_manifest(ravdess(row(emotion="anxious")))


def test_an_empty_folder_of_a_corpus_is_named_with_what_would_help(tmp_path, ravdess):
    ravdess(row())
    (tmp_path / "savee").mkdir()
    with pytest.raises(ManifestError, match=r"savee: holds no recordings .* prepare savee"):
        find_corpora(tmp_path)


def test_recordings_outside_of_a_corpuss_own_folders_are_named(tmp_path):
    layout(tmp_path / "ketts", "CSD/en001.wav")
    with pytest.raises(ManifestError, match="ketts: none of its recordings is below plain-to-em"):
        find_corpora(tmp_path)


def test_a_name_that_contradicts_its_line_is_told_and_the_line_counts(tmp_path, ravdess):
    told = []
    ravdess(row("03-01-03-01-01-01-01"), row("03-01-05-01-01-01-01"), row("whatever"))
    members = find_corpora(tmp_path, tell=told.append)["ravdess"]
    assert [u.emotion for u in members] == ["happy"] * 3
    (line,) = told
    assert line.startswith("doubtful, its name says ravdess_01, M, angry, the manifest ravdess_01,")
    assert line.endswith("ravdess/03-01-05-01-01-01-01.flac")


def test_a_name_that_contradicts_its_speakers_sex_is_told_and_left_out(tmp_path, ravdess):
    told = []
    other = row("d", "sad").replace(",M,", ",F,")
    ravdess(row("a"), row("b"), row("c"), other)
    members = find_corpora(tmp_path, tell=told.append)["ravdess"]
    assert [u.path.stem for u in members] == ["a", "b", "c"]
    assert told == [
        "left out, misnamed: its name says that ravdess_01 is a woman, 3 others of the speaker do "
        "not: ravdess/d.flac"
    ]


def test_a_corpus_without_a_manifest_is_searched_and_said_to_have_none(tmp_path):
    told = []
    layout(tmp_path / "savee", "DC/a01.wav", "DC/d01.wav", "DC/x.wav")
    (member,) = find_corpora(tmp_path, tell=told.append)["savee"]
    assert (member.speaker, member.sex, member.emotion) == ("savee_DC", "M", "angry")
    assert told[0].startswith("savee has no manifest.csv yet")
    assert told[1].startswith("left out, misnamed: ")
    assert not (tmp_path / "savee/manifest.csv").exists()


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
    for members in found.values():
        sexes = {(u.speaker, u.sex) for u in members}
        assert len(sexes) == len({speaker for speaker, _ in sexes})
