"""An archive is unpacked whole into its own folder, or refused with nothing written."""

from __future__ import annotations

import stat
import zipfile

import pytest

from training.corpora import unpack as module
from training.corpora.unpack import UnpackError, unpack


def packed(path, members, *, mode=0):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return path


def test_an_archive_goes_into_a_folder_of_its_name(tmp_path):
    path = packed(tmp_path / "a b.zip", {"x/1.wav": b"one", "2.wav": b"two", "empty/": b""})
    folder = unpack(path)
    assert folder == tmp_path / "a b"
    assert (folder / "x/1.wav").read_bytes() == b"one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a b", "a b.zip"]


def test_what_was_unpacked_is_left_as_it_is(tmp_path):
    path = packed(tmp_path / "a.zip", {"1.wav": b"one"})
    (unpack(path) / "1.wav").write_bytes(b"mine")
    assert (unpack(path) / "1.wav").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "name",
    [
        "../out.wav",
        "x/../../out.wav",
        "/out.wav",
        "C:/out.wav",
        "C:out.wav",
        "..\\out.wav",
        "//h/s",
    ],
)
def test_a_member_that_would_land_elsewhere_is_refused_with_all_the_others(tmp_path, name):
    folder = tmp_path / "corpora" / "savee"
    folder.mkdir(parents=True)
    path = packed(folder / "a.zip", {"1.wav": b"one"})
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo("x")
        member.filename = name  # as a program with bad intentions writes it
        archive.writestr(member, b"out")
    with pytest.raises(UnpackError, match="would land outside of it"):
        unpack(path)
    assert [p.name for p in tmp_path.rglob("*")] == ["corpora", "savee", "a.zip"]


def test_a_link_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {"1.wav": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(UnpackError, match=r"'1\.wav' is a link"):
        unpack(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def damage(path):
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data))


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def page(path):
    path.write_bytes(b"<html>Please log in</html>")


def locked(path):
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("spoil", [damage, cut, page, locked])
def test_a_damaged_or_protected_archive_is_one_sentence_and_nothing_is_left(tmp_path, spoil):
    path = packed(tmp_path / "a.zip", {"0.wav": b"zero" * 500, "1.wav": b"one"})
    spoil(path)
    with pytest.raises(UnpackError, match=r"a\.zip cannot be unpacked: .*\.$"):
        unpack(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LEAST_BOMB", 1 << 20)
    path = packed(tmp_path / "a.zip", {"1.wav": bytes(4 << 20)})
    with pytest.raises(UnpackError, match="claims to hold"):
        unpack(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
