from __future__ import annotations

import json

import numpy as np
import pytest

from webapp.samples import Library

KEYS = {"name", "emotion", "url", "duration_s", "source", "licence", "synthetic"}


@pytest.fixture
def folder(tmp_path, make_wav):
    (tmp_path / "deep").mkdir()
    (tmp_path / "one.wav").write_bytes(make_wav(np.zeros(16000)))
    (tmp_path / "deep" / "two words.WAV").write_bytes(make_wav(np.zeros(8000)))
    (tmp_path / "notes.txt").write_text("secret")
    return tmp_path


def catalogue(folder, entries):
    (folder / "samples.json").write_text(json.dumps(entries))


def own(http):
    return [
        entry for entry in http.get("/api/v1/samples").json if entry["collection"].startswith("own")
    ]


@pytest.fixture
def http(make_app, folder):
    return make_app(samples_dir=(folder,)).test_client()


def test_the_projects_own_clips_are_listed_playable_and_labelled_synthetic(http):
    entries = [e for e in http.get("/api/v1/samples").json if e["collection"] == "synthetic"]
    assert len(entries) >= 10
    for entry in entries:
        assert set(entry) >= KEYS
        assert entry["synthetic"] is True
        assert entry["duration_s"] > 0.5
        assert http.get(entry["url"]).status_code == 200
    assert {entry["emotion"] for entry in entries} == {
        "neutral",
        "happy",
        "sad",
        "angry",
        "fearful",
    }


def test_a_folder_without_a_catalogue_lists_every_audio_file(http):
    entries = own(http)
    assert [(e["name"], e["duration_s"]) for e in entries] == [("two words", 0.5), ("one", 1.0)]
    for entry in entries:
        assert set(entry) >= KEYS
        assert entry["emotion"] is None
        assert entry["synthetic"] is False
        answer = http.get(entry["url"])
        assert answer.status_code == 200
        assert answer.mimetype == "audio/wav"


def test_a_catalogue_says_which_files_and_what_they_are(http, folder):
    about = {
        "name": "One",
        "emotion": "sad",
        "source": "Mine",
        "licence": "CC0",
        "synthetic": True,
        "voice": "ada",
    }
    catalogue(folder, [{"file": "one.wav", **about}, {"file": "missing.wav"}])
    (entry,) = own(http)
    assert {key: entry[key] for key in about} == about


def test_several_folders_may_be_added(make_app, folder, tmp_path_factory, make_wav):
    other = tmp_path_factory.mktemp("other")
    (other / "three.wav").write_bytes(make_wav(np.zeros(1600)))
    client = make_app(samples_dir=(folder, other)).test_client()
    urls = [entry["url"] for entry in own(client)]
    assert len(set(urls)) == 3
    assert all(client.get(url).status_code == 200 for url in urls)


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        "samples.json",
        "../outside.wav",
        "..%2foutside.wav",
        "%2e%2e/outside.wav",
        "/etc/passwd",
        "x\0.wav",
        "",
    ],
)
def test_nothing_but_a_listed_clip_is_served(http, folder, make_wav, path):
    (folder.parent / "outside.wav").write_bytes(make_wav(np.zeros(160)))
    catalogue(folder, [{"file": "one.wav"}, {"file": "../outside.wav"}, {"file": "notes.txt"}])
    assert http.get(f"/samples/own/{path}", follow_redirects=True).status_code == 404
    assert http.get("/samples/own/one.wav").status_code == 200


@pytest.mark.parametrize(
    "content",
    ["not json", "{}", "[1, null, {}]", '[{"file": 5}]', '[{"file": "/etc/a.wav"}]', "\xff"],
)
def test_a_broken_catalogue_lists_nothing_and_breaks_nothing(http, folder, content):
    (folder / "samples.json").write_bytes(content.encode("latin-1"))
    assert own(http) == []
    assert http.get("/api/v1/samples").status_code == 200


def test_a_file_that_is_no_sound_has_no_duration(http, folder):
    (folder / "broken.mp3").write_bytes(b"nothing")
    assert {e["name"]: e["duration_s"] for e in own(http)}["broken"] is None


def test_a_duration_is_found_once_and_again_when_the_file_changes(folder, make_wav):
    measured = []

    def measure(data):
        measured.append(len(data))
        return len(data) / 1000

    library = Library({"own": folder}, measure=measure)
    library.listing()
    library.listing()
    assert len(measured) == 2
    (folder / "one.wav").write_bytes(make_wav(np.zeros(32000)))
    assert library.listing()[-1]["duration_s"] == pytest.approx(64.044)
    assert len(measured) == 3


def test_part_of_a_clip_can_be_asked_for(http):
    answer = http.get("/samples/own/one.wav", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.data) == (206, b"RIFF")
