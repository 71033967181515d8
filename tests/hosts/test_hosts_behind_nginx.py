"""Three hosts behind nginx: who speaks where, and what becomes of them when a host goes."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from http.client import HTTPSConnection

from benchmarks.recording import load, prolong
from tests.hosts.cluster import Host, fetch, run_nginx, until
from tests.hosts.people import Speaker, on, speakers

BACK_S = 5.0
GONE_S = 10.0


def test_those_who_speak_spread_over_the_hosts(behind_nginx, recording):
    with speakers(behind_nginx.url, recording, 12) as everybody:
        each = [host.recordings() for host in behind_nginx.hosts]
        assert sum(each) == 12
        assert min(each) >= 2, each
        assert not any(one.lost or one.problems for one in everybody)


def test_a_killed_hosts_speakers_are_back_on_another_within_five_seconds(behind_nginx, recording):
    killed, *others = behind_nginx.hosts
    with speakers(behind_nginx.url, recording, 12) as everybody:
        victims = on(killed, everybody)
        assert victims
        at = time.monotonic()
        killed.kill()
        until(lambda: all(len(one.sessions) == 2 for one in victims), "everybody is back")
        assert max(one.began[-1] - at for one in victims) < BACK_S
        assert sum(len(on(host, victims)) for host in others) == len(victims)
        until(lambda: all(len(one.first_seq) == 2 for one in victims), "everybody is heard again")
        assert all(one.first_seq == [0, 0] for one in victims)  # begun anew
        time.sleep(1)
        for one in everybody:
            if one not in victims:
                assert (len(one.sessions), one.lost, one.problems) == (1, [], [])
                assert one.gap_s < 3


def test_a_host_that_is_told_to_stop_says_so_and_is_gone_within_ten_seconds(
    behind_nginx, recording
):
    stopping, *others = behind_nginx.hosts
    with speakers(behind_nginx.url, recording, 9) as everybody:
        (patient, *leaving) = on(stopping, everybody)
        patient.stays = True
        process = stopping.server.process
        at = time.monotonic()
        stopping.terminate()
        until(lambda: patient.problems, "it says that it stops")
        assert patient.problems[0]["code"] == "draining"
        began_there = len(stopping.sessions())
        until(lambda: all(len(one.sessions) == 2 for one in leaving), "the others are back")
        assert sum(len(on(host, leaving)) for host in others) == len(leaving)
        with Speaker(behind_nginx.url, recording) as newcomer:
            until(lambda: newcomer.predictions, "a newcomer is heard")
        assert newcomer.problems == []
        # Who stayed is told the end of it.
        until(lambda: time.monotonic() - at > 4, "four seconds have passed")
        heard_s = patient.stop()["duration_s"]
        assert heard_s > 3.5
        assert len(patient.sessions) == 1
        process.wait(GONE_S - (time.monotonic() - at))
        assert len(stopping.sessions()) == began_there


def test_who_never_stops_does_not_keep_a_host_from_stopping_within_ten_seconds(
    behind_nginx, recording
):
    stopping, *_ = behind_nginx.hosts
    with speakers(behind_nginx.url, recording, 6) as everybody:
        obstinate = on(stopping, everybody)
        for one in obstinate:
            one.stays = True
        stopping.terminate()
        process = stopping.server.process
        process.wait(GONE_S)
        until(lambda: all(len(one.sessions) == 2 for one in obstinate), "they are back elsewhere")


def test_a_host_that_is_gone_costs_nobody_anything_and_is_used_again_when_it_is_back(
    behind_nginx, recording
):
    host, *_ = behind_nginx.hosts
    host.kill()
    assert [fetch(behind_nginx.url)[0] for _ in range(6)] == [200] * 6
    with Speaker(behind_nginx.url, recording) as early:
        until(lambda: early.predictions, "somebody is heard")
        assert not early.lost
    host.start()

    def is_used():
        with Speaker(behind_nginx.url, recording) as one:
            until(lambda: one.predictions, "somebody is heard")
            return bool(on(host, [one]))

    until(is_used, "somebody speaks on it again")


def test_the_page_and_its_files_come_compressed_and_are_asked_for_each_time(behind_nginx):
    status, headers, _ = fetch(behind_nginx.url, Accept_Encoding="gzip")
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert headers["Content-Security-Policy"]
    script = f"{behind_nginx.url}/static/js/app.js"
    status, headers, _ = fetch(script, Accept_Encoding="gzip")
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert headers.get_content_type().endswith("/javascript")
    assert headers["Cache-Control"] == "no-cache"
    status, _, body = fetch(script, If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")


def test_the_metrics_are_not_for_the_public(behind_nginx):
    assert fetch(f"{behind_nginx.url}/metrics")[0] == 404


FORM = "multipart/form-data; boundary=cut"


def upload(url, clip):
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head + clip + b"\r\n--cut--\r\n"
    status, headers, answer = fetch(f"{url}/api/v1/predictions", body, Content_Type=FORM)
    return status, headers, json.loads(answer)


def test_an_upload_is_judged_and_never_touches_the_disk(behind_nginx):
    clip = prolong(load(), seconds=60).data
    put_aside = behind_nginx.folder / "body"  # where nginx would buffer it
    before = put_aside.stat().st_mtime_ns
    status, _, answer = upload(behind_nginx.url, clip)
    assert status == 200
    assert answer["duration_s"] > 59
    assert put_aside.stat().st_mtime_ns == before


def test_a_file_that_nginx_refuses_is_refused_in_the_apis_words(behind_nginx):
    address = behind_nginx.url.removeprefix("https://")
    trusting = ssl._create_unverified_context()
    with contextlib.closing(HTTPSConnection(address, timeout=20, context=trusting)) as connection:
        connection.putrequest("POST", "/api/v1/predictions")
        connection.putheader("Content-Type", FORM)
        connection.putheader("Content-Length", str(200 << 20))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.load(answer)["error"]["code"] == "too_large"


def test_where_no_host_answers_the_api_says_when_to_come_again(tmp_path):
    with run_nginx([Host({}), Host({}), Host({})], tmp_path / "nginx") as url:
        status, headers, answer = upload(url, b"a clip")
    assert (status, answer["error"]["code"]) == (503, "busy")
    assert int(headers["Retry-After"]) > 0
