"""Each corpus's file names tell the speaker and the label; nothing else is taken for a name."""

from __future__ import annotations

import csv
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS
from tests.training.recordings import layout
from training.corpora import CORPORA, MisnamedError
from training.corpora.manifest import COLUMNS, find_corpora

HASH = "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"
KNOWN = "c7b43119" + HASH[8:]

# path in the distribution: speaker, sex, label, the one of the five that it means
NAMES = {
    "ravdess": {
        "Actor_01/03-01-01-01-01-01-01.wav": ("01", "M", "neutral", "neutral"),
        "Actor_12/03-01-05-02-02-01-12.wav": ("12", "F", "angry", "angry"),
        "Actor_24/03-01-06-01-02-02-24.wav": ("24", "F", "fearful", "fearful"),
        "Actor_07/03-01-03-01-02-01-07.wav": ("07", "M", "happy", "happy"),
        "Actor_20/03-01-04-02-01-02-20.wav": ("20", "F", "sad", "sad"),
        "Actor_03/03-01-02-01-01-01-03.wav": ("03", "M", "calm", None),
        "Actor_03/03-01-07-01-01-01-03.wav": ("03", "M", "disgust", None),
        "Actor_03/03-01-08-01-01-01-03.wav": ("03", "M", "surprised", None),
    },
    "jl": {
        "female1_angry_1a_1.wav": ("female1", "F", "angry", "angry"),
        "female2_anxious_15b_2.wav": ("female2", "F", "anxious", "fearful"),
        "male1_happy_11a_1.wav": ("male1", "M", "happy", "happy"),
        "male2_neutral_12a_1.wav": ("male2", "M", "neutral", "neutral"),
        "JL(wav+txt)/male2_sad_15b_2.wav": ("male2", "M", "sad", "sad"),
        "female1_apologetic_7b_2.wav": ("female1", "F", "apologetic", None),
        "male1_encouraging_4a_1.wav": ("male1", "M", "encouraging", None),
        "male1_excited_4a_1.wav": ("male1", "M", "excited", None),
    },
    "nemo": {
        "nEMO-main/samples/EB0_anger_1.wav": ("EB0", "F", "angry", "angry"),
        "samples/KS0_happiness_5.wav": ("KS0", "M", "happy", "happy"),
        "samples/WR0_neutral_66.wav": ("WR0", "M", "neutral", "neutral"),
        "samples/MK0_sadness_90.wav": ("MK0", "F", "sad", "sad"),
        "samples/TP0_fear_34.wav": ("TP0", "M", "fearful", "fearful"),
        "samples/IC0_surprised_42.wav": ("IC0", "F", "surprised", None),
    },
    "emospeech": {
        f"House/bacho-safe-calm-20190709085906-{KNOWN}.wav": ("c7b43119", "", "calm", "neutral"),
        f"House/help-gunshots-Angry-1562907046662-{KNOWN}.wav": ("c7b43119", "", "angry", "angry"),
        f"background-glass break-None-20190701193438-{HASH}.wav": ("unknown", "", "none", None),
        "4e520c6f-yes-safe-happy-1562998267283.ogg": ("4e520c6f", "", "happy", "happy"),
        "3d9d3e0e-help-safe-fearful-??.ogg": ("3d9d3e0e", "", "fearful", "fearful"),
        "unknown-background-scream-none-20190622193526.ogg": ("unknown", "", "none", None),
    },
    "ketts": {
        "plain-to-emotional/ema/wav/ema00001.wav": ("ema", "F", "neutral", "neutral"),
        "plain-to-emotional/emh/wav/emh00101.wav": ("emh", "M", "happy", "happy"),
        "emotional-to-emotional/nee/wav/nee00201.wav": ("nee", "F", "angry", "angry"),
        "emotional-to-emotional/neo/wav/neo00400.wav": ("neo", "M", "sad", "sad"),
        "emotional-to-emotional/nek/wav/nek00100.wav": ("nek", "M", "neutral", "neutral"),
    },
    "ased": {
        "02Fearful/f2-01-01-01-27.wav": ("27", "F", "fearful", "fearful"),
        "ASED_V1-main/05Angry/a5-03-01-02-50.wav": ("50", "M", "angry", "angry"),
        "04Sad/S4-04-02-01-29.wav": ("29", "F", "sad", "sad"),  # a capital in the distribution
        "01Neutral/n1-07-02-02-65.wav": ("65", "M", "neutral", "neutral"),
        "03Happy/h3-04-02-02-56.wav": ("56", "M", "happy", "happy"),
    },
    "cremad": {
        "AudioWAV/1001_DFA_ANG_XX.wav": ("1001", "M", "angry", "angry"),
        "AudioWAV/1002_IEO_FEA_HI.wav": ("1002", "F", "fearful", "fearful"),
        "AudioWAV/1091_IEO_HAP_LO.wav": ("1091", "F", "happy", "happy"),
        "AudioWAV/1090_IWW_NEU_XX.wav": ("1090", "M", "neutral", "neutral"),
        "AudioWAV/1040_ITH_SAD_X.wav": ("1040", "M", "sad", "sad"),  # so in the distribution
        "AudioWAV/1003_IEO_DIS_MD.wav": ("1003", "F", "disgust", None),
    },
    "emodb": {
        "wav/03a01Wa.wav": ("03", "M", "angry", "angry"),
        "wav/08b02Tb.wav": ("08", "F", "sad", "sad"),
        "wav/16b10Aa.wav": ("16", "F", "fearful", "fearful"),
        "wav/15a05Nb.wav": ("15", "M", "neutral", "neutral"),
        "wav/09a04Fd.wav": ("09", "F", "happy", "happy"),
        "wav/14a07Eb.wav": ("14", "F", "disgust", None),
        "wav/10b03La.wav": ("10", "M", "bored", None),
    },
    "savee": {
        "AudioData/DC/a01.wav": ("DC", "M", "angry", "angry"),
        "AudioData/KL/n30.wav": ("KL", "M", "neutral", "neutral"),
        "ALL/DC_sa03.wav": ("DC", "M", "sad", "sad"),
        "JE_h12.wav": ("JE", "M", "happy", "happy"),
        "AudioData/JK/f15.wav": ("JK", "M", "fearful", "fearful"),
        "AudioData/JK/su15.wav": ("JK", "M", "surprised", None),
        "JK_d15.wav": ("JK", "M", "disgust", None),
    },
    "tess": {
        "OAF_back_angry.wav": ("OAF", "F", "angry", "angry"),
        "OAF_neutral/OA_bite_neutral.wav": ("OAF", "F", "neutral", "neutral"),  # so it is
        "YAF_sad/YAF_youth_sad.wav": ("YAF", "F", "sad", "sad"),
        "YAF_fear/YAF_neat_fear.wav": ("YAF", "F", "fearful", "fearful"),
        "YAF_happy/YAF_bar_happy.wav": ("YAF", "F", "happy", "happy"),
        "OAF_Pleasant_surprise/OAF_back_ps.wav": ("OAF", "F", "surprised", None),
        "YAF_disgust/YAF_goose_disgust.wav": ("YAF", "F", "disgust", None),
    },
    "javanese": {
        "01-01-01_01.wav": ("01", "F", "neutral", "neutral"),
        "05-04-02_07.wav": ("05", "F", "sad", "sad"),
        "06-01-03_01.wav": ("06", "M", "happy", "happy"),
        "10-02-05_03.wav": ("10", "M", "fearful", "fearful"),
        "10-04-06_07.wav": ("10", "M", "angry", "angry"),
    },
    "emovo": {
        "EMOVO/f1/gio-f1-b1.wav": ("f1", "F", "happy", "happy"),
        "m3/neu-m3-n5.wav": ("m3", "M", "neutral", "neutral"),
        "tri-f2-l4.wav": ("f2", "F", "sad", "sad"),
        "m1/rab-m1-d1.wav": ("m1", "M", "angry", "angry"),
        "m2/pau-m2-b2.wav": ("m2", "M", "fearful", "fearful"),
        "f3/sor-f3-b3.wav": ("f3", "F", "surprised", None),
        "f3/dis-f3-b3.wav": ("f3", "F", "disgust", None),
    },
    "aesdd": {
        "anger/a01 (1).wav": ("1", "F", "angry", "angry"),
        "fear/f11 (01).wav": ("1", "F", "fearful", "fearful"),
        "happiness/h20 (4).wav": ("4", "M", "happy", "happy"),
        "sadness/s07 (5)b.wav": ("5", "F", "sad", "sad"),
        "disgust/d03 (6).wav": ("6", "M", "disgust", None),
    },
    "banglaser": {
        "03-01-01-01-01-01-01.wav": ("01", "M", "happy", "happy"),
        "03-01-02-01-02-03-34.wav": ("34", "F", "sad", "sad"),
        "Actor 20/03-01-03-02-03-01-20.wav": ("20", "F", "angry", "angry"),
        "03-01-05-01-01-01-33.wav": ("33", "M", "neutral", "neutral"),
        "03-01-04-02-01-01-33.wav": ("33", "M", "surprised", None),
    },
    "ordinary": {
        "LibriSpeech/train-clean-100/103/1240/103-1240-0000.flac": (
            "libri_103",
            "",
            "neutral",
            "neutral",
        ),
        "speechocean/008110110.wav": ("so_0811", "", "neutral", "neutral"),
    },
}
WRONG = {
    "ravdess": {
        "03-02-05-01-01-01-12.wav": "02 is song",
        "01-01-05-01-01-01-12.wav": "not sound alone",
        "03-01-09-01-01-01-12.wav": "emotion '09'",
        "03-01-05-03-01-01-12.wav": "intensity '03'",
        "03-01-01-02-01-01-12.wav": "no strong neutral",
        "03-01-05-01-01-01-25.wav": "no actor 25",
        "Actor_11/03-01-05-01-01-01-12.wav": "folder says actor 11, the name says 12",
        "03-01-05-01-01-12.wav": "not a name like",
    },
    "jl": {"male3_sad_1a_1.wav": "not a name like", "male1_cross_1a_1.wav": "emotion 'cross'"},
    "nemo": {"XX0_anger_1.wav": "no speaker", "EB0_anger_91.wav": "no sentence 91"},
    "emospeech": {
        f"go-safe-angry-1562907046662-{HASH}.wav": "speaker is not known",
        f"hop-safe-angry-1562907046662-{KNOWN}.wav": "keyword 'hop'",
        f"go-safe-cross-1562907046662-{KNOWN}.wav": "emotion 'cross'",
    },
    "ketts": {"emc00001.wav": "no speaker emc", "ema/wav/emb00001.wav": "folder says speaker ema"},
    "ased": {
        "05Angry/h3-01-01-01-27.wav": "folder says emotion 5, the name says 3",
        "f2-01-01-03-27.wav": "not a name like",
        "f2-01-01-01-66.wav": "no speaker 66",
    },
    "cremad": {
        "1092_DFA_ANG_XX.wav": "no actor 1092",
        "1001_XYZ_ANG_XX.wav": "no sentence XYZ",
        "1001_DFA_BAD_XX.wav": "emotion 'BAD'",
    },
    "emodb": {"01a01Wa.wav": "no speaker 01", "03a01Xa.wav": "emotion 'X'"},
    "savee": {"a01.wav": "neither its name nor its folder", "DC/JE_a01.wav": "folder says speaker"},
    "tess": {
        "OAF_angry/YAF_back_angry.wav": "folder says speaker OAF",
        "OAF_back_cross.wav": "emotion 'cross'",
    },
    "javanese": {"11-01-01_01.wav": "no speaker 11", "01-01-04_01.wav": "emotion '04'"},
    "emovo": {"m1/gio-f1-b1.wav": "folder says speaker m1", "abc-f1-b1.wav": "emotion 'abc'"},
    "aesdd": {"fear/a01 (1).wav": "folder says emotion f", "a01 (7).wav": "not a name like"},
    "banglaser": {
        "03-01-01-01-01-01-35.wav": "no speaker 35",
        "03-01-09-01-01-01-01.wav": "emotion '09'",
    },
    "ordinary": {"a.wav": "not a name like"},
}


def each(table):
    return [(name, path, wanted) for name in table for path, wanted in table[name].items()]


def test_every_corpus_is_tried_here():
    assert list(NAMES) == list(WRONG) == list(CORPORA)


@pytest.mark.parametrize(("name", "path", "wanted"), each(NAMES))
def test_a_name_of_the_distribution_tells_speaker_and_emotion(name, path, wanted):
    corpus = CORPORA[name]
    clip = corpus.parse(PurePosixPath(path))
    assert (clip.speaker, clip.sex, clip.emotion, corpus.emotion(clip.emotion)) == wanted


@pytest.mark.parametrize(("name", "path", "reason"), each(WRONG))
def test_another_name_is_refused_with_the_reason(name, path, reason):
    with pytest.raises(MisnamedError, match=reason):
        CORPORA[name].parse(PurePosixPath(path))


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_says_where_it_is_on_which_terms_and_whom_to_cite(name):
    corpus = CORPORA[name]
    assert corpus.name == name
    assert corpus.home.startswith(("https://", "http://")) or name == "javanese"
    assert all([corpus.title, corpus.language, corpus.licence, corpus.citation, corpus.steps])
    assert all(archive.url.startswith(("https://", "http://")) for archive in corpus.archives)


@pytest.mark.parametrize("name", CORPORA)
def test_the_labels_of_a_corpus_are_apart_and_mean_one_of_the_five_or_nothing(name):
    corpus = CORPORA[name]
    assert set(corpus.stands_for.values()) <= set(EMOTIONS)
    assert not set(corpus.stands_for) & (set(EMOTIONS) | corpus.left_out)
    assert not corpus.left_out & set(EMOTIONS)
    with pytest.raises(KeyError):
        corpus.emotion("hapy")


def test_cremads_sexes_are_those_of_its_table_of_actors():
    sexes = [CORPORA["cremad"].parse(PurePosixPath(f"{a}_DFA_ANG_XX.wav")).sex for a in ACTORS]
    assert (sexes.count("F"), sexes.count("M")) == (43, 48)


ACTORS = range(1001, 1092)


@given(name=st.sampled_from(list(CORPORA)), stem=st.text(max_size=60), folder=st.text(max_size=9))
def test_any_name_is_read_or_refused(name, stem, folder):
    try:
        clip = CORPORA[name].parse(PurePosixPath(f"{folder}/{stem}.wav"))
    except MisnamedError:
        return
    CORPORA[name].emotion(clip.emotion)


@pytest.mark.parametrize("name", NAMES)
def test_an_original_release_is_read_without_a_manifest(name, tmp_path, capsys):
    layout(tmp_path / name, *NAMES[name])
    utterances = find_corpora(tmp_path)[name]
    wanted = {path: told for path, told in NAMES[name].items() if told[3]}
    assert {u.path.relative_to(tmp_path / name).as_posix() for u in utterances} == set(wanted)
    for u in utterances:
        speaker, sex, label, emotion = wanted[u.path.relative_to(tmp_path / name).as_posix()]
        assert (u.corpus, u.speaker, u.sex) == (name, f"{name}_{speaker}", sex)
        assert (u.original, u.emotion) == (label, emotion)
        assert u.duration_s == pytest.approx(0.7)
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ravdess", "jl", "nemo", "emospeech", "ketts", "ased"])
def test_the_names_of_the_real_recordings_alone_give_every_line_of_the_manifest(name, corpora):
    with (corpora / name / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    for row in rows:
        clip = CORPORA[name].parse(PurePosixPath(row["path"]).relative_to(name))
        told = (clip.sex, clip.emotion, clip.intensity, clip.sentence, clip.take)
        assert told == tuple(row[key] for key in ("sex", "emotion", *COLUMNS[5:8])), row
        assert f"{name}_{clip.speaker}" == "_".join(p.strip() for p in row["speaker"].split("_"))
        CORPORA[name].emotion(clip.emotion)
