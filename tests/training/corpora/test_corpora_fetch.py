"""An archive comes whole and checked or not at all, and a cut costs only what was not yet here."""

from __future__ import annotations

import hashlib
import random
import socket

import pytest

from tests.training.archive_site import Site, serving
from training.corpora import Archive
from training.corpora.fetch import FetchError, fetch

DATA = random.Random(1).randbytes(300_000)
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture
def site():
    with serving(Site(DATA)) as served:
        yield served


def archive(site, md5=MD5):
    return Archive(site.url, "corpus.zip", md5=md5)


def get(site, folder, md5=MD5):
    return fetch(archive(site, md5), folder, pause_s=0)


def names(folder):
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_an_archive_is_fetched_whole_and_nothing_else_is_left(site, tmp_path):
    path = get(site, tmp_path / "ravdess")
    assert path.read_bytes() == DATA
    assert names(tmp_path) == ["corpus.zip", "ravdess"]


def test_an_archive_that_is_here_is_not_asked_for_again(site, tmp_path):
    get(site, tmp_path)
    get(site, tmp_path)
    assert len(site.asked) == 1


@pytest.mark.parametrize("md5", [MD5, None])
def test_a_cut_is_gone_on_with_at_once_from_where_it_was(site, tmp_path, md5):
    site.cuts = [100_000, 50_000]
    assert get(site, tmp_path, md5).read_bytes() == DATA
    assert site.asked == [(None, None), ("bytes=100000-", '"1"'), ("bytes=150000-", '"1"')]


def test_a_site_that_breaks_off_for_good_says_what_is_here_and_the_next_run_goes_on(site, tmp_path):
    site.cuts = [200_000] + [0] * 5
    with pytest.raises(FetchError, match=r"breaks off .*0\.2 MB are here; run it again to go on"):
        get(site, tmp_path)
    assert "corpus.zip" not in names(tmp_path)
    site.cuts.clear()
    assert get(site, tmp_path).read_bytes() == DATA
    assert site.asked[-1] == ("bytes=200000-", '"1"')
    assert names(tmp_path) == ["corpus.zip"]


def interrupted(site, folder, at=120_000):
    """Leave a part, as a killed program does."""
    site.cuts = [at] + [0] * 5
    with pytest.raises(FetchError):
        get(site, folder)
    site.cuts.clear()
    site.asked.clear()


def test_another_file_by_now_is_fetched_from_its_start(site, tmp_path):
    interrupted(site, tmp_path)
    site.data, site.tag = DATA[::-1], '"2"'
    assert get(site, tmp_path, None).read_bytes() == DATA[::-1]


def test_a_shorter_file_by_now_is_fetched_from_its_start(site, tmp_path):
    interrupted(site, tmp_path)
    site.data, site.ranges = DATA[:50_000], True
    assert get(site, tmp_path, None).read_bytes() == DATA[:50_000]


def test_a_server_without_ranges_sends_it_all_again(site, tmp_path):
    interrupted(site, tmp_path)
    site.ranges = False
    assert get(site, tmp_path).read_bytes() == DATA


def test_a_date_serves_where_there_is_no_tag_or_only_a_weak_one(site, tmp_path):
    site.tag, site.modified = 'W/"1"', "Sun, 22 Nov 2026 09:00:00 GMT"
    interrupted(site, tmp_path)
    assert get(site, tmp_path).read_bytes() == DATA
    assert site.asked == [("bytes=120000-", site.modified)]


def test_without_version_and_checksum_nothing_is_pieced_together(site, tmp_path):
    site.tag = None
    interrupted(site, tmp_path)
    assert get(site, tmp_path, None).read_bytes() == DATA
    assert site.asked == [(None, None)]


def test_a_part_of_another_address_is_not_gone_on_with(site, tmp_path):
    interrupted(site, tmp_path)
    other = Archive(site.url + "?v=2", "corpus.zip")
    assert fetch(other, tmp_path, pause_s=0).read_bytes() == DATA
    assert site.asked == [(None, None)]


def test_a_part_that_is_all_is_taken(site, tmp_path):
    interrupted(site, tmp_path, at=len(DATA) - 1)
    (part,) = tmp_path.glob(".*.part")
    part.write_bytes(DATA)
    assert get(site, tmp_path).read_bytes() == DATA


def test_a_file_whose_length_is_not_told_is_fetched(site, tmp_path):
    site.length = False
    assert get(site, tmp_path).read_bytes() == DATA


def test_a_wrong_checksum_is_told_and_nothing_is_kept(site, tmp_path):
    with pytest.raises(
        FetchError, match=f"another file than expected .*{MD5} instead of {'0' * 32}"
    ):
        get(site, tmp_path / "ravdess", "0" * 32)
    assert names(tmp_path) == []


@pytest.mark.parametrize("status", [404, 403, 429])
def test_a_refusal_is_one_sentence_and_leaves_nothing(site, tmp_path, status):
    site.statuses = [status]
    with pytest.raises(FetchError, match=rf"corpus\.zip answers {status} [A-Z].*\.$"):
        get(site, tmp_path / "ravdess")
    assert names(tmp_path) == []
    assert len(site.asked) == 1


def test_a_server_in_trouble_is_asked_again(site, tmp_path):
    site.statuses = [503, 500, 502]
    assert get(site, tmp_path).read_bytes() == DATA


def test_a_server_in_trouble_for_good_is_given_up(site, tmp_path):
    site.statuses = [503] * 9
    with pytest.raises(FetchError, match="503 Service Unavailable"):
        get(site, tmp_path / "ravdess")
    assert names(tmp_path) == []
    assert len(site.asked) == 5


def test_no_network_is_one_sentence_and_leaves_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    away = Archive(f"http://127.0.0.1:{port}/corpus.zip", "corpus.zip")
    with pytest.raises(FetchError, match=r"cannot be reached .* is there a network"):
        fetch(away, tmp_path / "ravdess")
    assert names(tmp_path) == []


def test_only_http_is_fetched(tmp_path):
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(FetchError, match="not an http or https address"):
        fetch(Archive(f"file://{tmp_path}/secret", "corpus.zip"), tmp_path / "ravdess")
    assert names(tmp_path) == ["secret"]


def test_a_place_that_cannot_be_written_is_one_sentence(site, tmp_path):
    (tmp_path / "ravdess").write_text("a file where the folder should be")
    with pytest.raises(FetchError, match="cannot be written: "):
        get(site, tmp_path / "ravdess")
