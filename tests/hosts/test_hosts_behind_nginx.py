"""Three hosts behind nginx: who speaks where, and what becomes of them when a host goes."""

from __future__ import annotations

import time

from tests.hosts.cluster import Speaker, get, on, speakers, until

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
                assert one.gap_s < 1.5


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


def test_a_host_that_comes_back_is_used_again(behind_nginx, recording):
    host, *_ = behind_nginx.hosts
    host.kill()
    with Speaker(behind_nginx.url, recording) as early:
        until(lambda: early.predictions, "nobody misses it")
    host.start()

    def is_used():
        with Speaker(behind_nginx.url, recording) as one:
            until(lambda: one.predictions, "somebody is heard")
            return bool(on(host, [one]))

    until(is_used, "somebody speaks on it again")


def test_the_page_and_its_files_come_compressed_and_are_asked_for_each_time(behind_nginx):
    status, headers, _ = get(behind_nginx.url, Accept_Encoding="gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "content-security-policy" in headers
    status, headers, _ = get(f"{behind_nginx.url}/static/js/app.js", Accept_Encoding="gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert headers["content-type"].startswith(("application/javascript", "text/javascript"))
    assert headers["cache-control"] == "no-cache"
    status, _, body = get(f"{behind_nginx.url}/static/js/app.js", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


def test_the_metrics_are_not_for_the_public(behind_nginx):
    assert get(f"{behind_nginx.url}/metrics")[0] == 404
