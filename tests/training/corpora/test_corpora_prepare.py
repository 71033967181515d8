"""`python -m training prepare`: fetched, unpacked and checked, with a manifest at the end."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import pytest

from tests.training.archive_site import Site, serving
from tests.training.recordings import layout, record, voice
from training.corpora import CORPORA, Archive, prepare
from training.corpora.manifest import COLUMNS, find_corpora, read_manifest

NAMES = ("Actor_01/03-01-01-01-01-01-01.wav", "Actor_02/03-01-05-02-02-01-02.wav")


def packed(folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*.wav")):
            archive.write(path, path.relative_to(folder))
    return file.getvalue()


@pytest.fixture
def release(tmp_path):
    return packed(layout(tmp_path / "elsewhere", *NAMES))


@pytest.fixture
def site(release):
    with serving(Site(release)) as served:
        yield served


@pytest.fixture
def to(tmp_path):
    return tmp_path / "corpora"


@pytest.fixture
def from_site(site, monkeypatch):
    archive = Archive(site.url, "ravdess.zip")
    corpus = replace(CORPORA["ravdess"], archives=(archive,))
    monkeypatch.setitem(CORPORA, "ravdess", corpus)
    return site


def run(to, *arguments):
    return prepare.main(["--to", str(to), *arguments])


def test_a_named_corpus_is_fetched_unpacked_and_given_a_manifest(from_site, to, capsys):
    assert run(to, "ravdess") == 0
    assert "2 recordings of 2 speakers, 0 left out" in capsys.readouterr().out
    with (to / "ravdess/manifest.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1] == {
        "path": "ravdess/ravdess/Actor_02/03-01-05-02-02-01-02.wav",
        "corpus": "ravdess",
        "speaker": "ravdess_02",
        "sex": "F",
        "emotion": "angry",
        "intensity": "strong",
        "sentence": "dogs",
        "take": "1",
        "duration_s": "0.7",
        "sample_rate": "48000",
    }


def test_a_manifest_is_read_as_the_folder_was(from_site, to):
    layout(to / "ravdess", *NAMES, "Actor_03/03-01-02-01-01-01-03.wav")
    searched = find_corpora(to)["ravdess"]
    assert run(to) == 0
    assert (to / "ravdess/manifest.csv").is_file()
    assert find_corpora(to)["ravdess"] == searched


def test_a_corpus_that_is_prepared_is_only_told_of(from_site, to, capsys):
    run(to, "ravdess")

    def written():
        # Not the time of access: to read it is allowed.
        state = (to / "ravdess/manifest.csv").stat()
        return state.st_ino, state.st_mtime_ns, state.st_size

    before = written()
    assert run(to, "ravdess") == 0
    assert written() == before
    assert len(from_site.asked) == 1
    assert "2 recordings of the five emotions by 2 speakers" in capsys.readouterr().out


def test_again_searches_anew(from_site, to, capsys):
    run(to, "ravdess")
    record(to / "ravdess/Actor_03/03-01-04-01-01-01-03.wav")
    run(to, "ravdess", "--again")
    assert len(read_manifest(to / "ravdess")) == 3


def test_without_names_nothing_is_fetched_and_each_corpus_says_how_to_get_it(from_site, to, capsys):
    assert run(to) == 0
    assert from_site.asked == []
    assert not to.exists()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(CORPORA)
    for line, corpus in zip(lines, CORPORA.values(), strict=True):
        assert corpus.home in line
        assert corpus.licence in line
        assert f"python -m training prepare {corpus.name}" in line


def test_a_zip_put_into_the_folder_by_hand_is_unpacked(to, release, capsys):
    (to / "ravdess").mkdir(parents=True)
    (to / "ravdess/archive.zip").write_bytes(release)
    assert run(to) == 0
    assert len(read_manifest(to / "ravdess")) == 2


def test_a_zip_beside_its_own_recordings_is_not_unpacked_again(to, release):
    layout(to / "ravdess", *NAMES)
    (to / "ravdess/archive.zip").write_bytes(release)
    run(to)
    assert not (to / "ravdess/archive").exists()


def test_what_is_left_out_is_said_in_a_line_each(to, capsys):
    folder = layout(to / "savee", "DC/a01.wav", "DC/n01.wav", "DC/odd.wav")
    record(folder / "DC/sa01.wav", voice(1, peak=0))
    (folder / "DC/h01.wav").write_bytes(b"")
    assert run(to, "savee") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "savee: left out, empty file: savee/DC/h01.wav",
        "savee: left out, misnamed: not a name like DC/a01.wav or DC_a01.wav: savee/DC/odd.wav",
        "savee: left out, silent: savee/DC/sa01.wav",
    ]
    assert "2 recordings of 1 speakers, 3 left out" in lines[3]


def test_a_corpus_that_cannot_be_fetched_says_the_steps_and_fails(to, capsys):
    assert run(to, "savee") == 1
    error = capsys.readouterr().err
    assert error.startswith("savee: cannot be fetched for you. To get it, ask for a password")
    assert error.count("\n") == 1
    assert not to.exists()


def test_one_that_fails_keeps_the_others_from_nothing(from_site, to, capsys):
    assert run(to, "savee", "ravdess") == 1
    assert len(read_manifest(to / "ravdess")) == 2


def test_a_folder_of_nothing_usable_is_one_sentence_and_no_manifest(to, capsys):
    layout(to / "savee", "DC/x1.wav")
    assert run(to) == 1
    error = capsys.readouterr().err
    assert "none of its 1 recordings is usable; the first, savee/DC/x1.wav: misnamed" in error
    assert not (to / "savee/manifest.csv").exists()


def test_a_site_that_sends_a_page_instead_is_one_sentence(from_site, to, capsys):
    from_site.data = b"<html>Please log in</html>"
    assert run(to, "ravdess") == 1
    assert "cannot be unpacked: File is not a zip file." in capsys.readouterr().err
    assert not (to / "ravdess/manifest.csv").exists()


def test_a_program_killed_while_fetching_goes_on_the_next_time(from_site, root, to):
    from_site.data += bytes(3 << 20)  # more than goes into a socket's buffers
    url, data = from_site.url, from_site.data
    from_site.cuts = [2 << 20]
    from_site.stall.set()
    code = (
        "import sys; from pathlib import Path; from training.corpora import Archive\n"
        "from training.corpora.fetch import fetch\n"
        "fetch(Archive(sys.argv[1], 'ravdess.zip'), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, url, str(to / "ravdess")]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL) as fetching:
        part = to / "ravdess/.ravdess.zip.part"
        until = time.monotonic() + 60
        while not (part.is_file() and part.stat().st_size) and time.monotonic() < until:
            time.sleep(0.02)
        fetching.kill()
    from_site.stall.clear()
    come = part.stat().st_size
    assert 0 < come < len(data)
    assert not (to / "ravdess/ravdess.zip").exists()
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    assert (to / "ravdess/ravdess.zip").read_bytes() == data
    assert from_site.asked[-1] == (f"bytes={come}-", from_site.tag)


def test_an_unknown_corpus_is_refused_with_those_there_are(to, capsys):
    with pytest.raises(SystemExit):
        run(to, "iemocap")
    assert "no corpus 'iemocap'; there are ravdess, jl, nemo" in capsys.readouterr().err


def test_the_command_works_and_does_without_tensorflow(root, to):
    layout(to / "emodb", "wav/03a01Wa.wav", "wav/08a01Na.wav")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "training", "prepare", "emodb"],
        cwd=root,
        env={**os.environ, "CORPORA_DIR": str(to)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "emodb: 2 recordings of 2 speakers" in done.stdout
    assert "tensorflow" not in done.stderr
    assert len(find_corpora(to)["emodb"]) == 2
