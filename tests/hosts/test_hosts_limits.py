"""What one address may have at once holds over all hosts, and nobody can claim another address."""

from __future__ import annotations

import contextlib

from tests.hosts.cluster import until
from tests.servers import LiveClient

ONE, OTHER = "127.1.1.1", "127.1.1.2"


def ask(stack, cluster, recording, address, **headers):
    """Connect from an address and ask for a recording; return the client and the answer."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    client = stack.enter_context(LiveClient(cluster.url, address=address, headers=sent))
    return client, client.start(recording.mime_type)


def test_an_address_has_its_places_once_over_all_hosts(behind_nginx, recording):
    with contextlib.ExitStack() as stack:
        first, answer = ask(stack, behind_nginx, recording, ONE)
        _, second = ask(stack, behind_nginx, recording, ONE)
        assert answer["ok"]
        assert second["ok"]
        each = [host.recordings() for host in behind_nginx.hosts]
        assert sorted(each) == [0, 1, 1]  # not both on one host, which would be no proof
        for _ in range(3):  # on whichever host
            _, third = ask(stack, behind_nginx, recording, ONE)
            assert not third["ok"]
            assert third["error"]["code"] == "busy"
            assert third["error"]["retry_after_s"] > 0
        assert ask(stack, behind_nginx, recording, OTHER)[1]["ok"]
        first.send(recording.chunks[0].data)
        first.stop()
        until(lambda: ask(stack, behind_nginx, recording, ONE)[1]["ok"], "the place is free again")


def test_an_address_that_a_client_claims_is_not_believed(behind_nginx, recording):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            assert ask(stack, behind_nginx, recording, ONE)[1]["ok"]
        for claim in ("198.51.100.7", "198.51.100.7, 127.0.0.1", "127.0.0.1"):
            _, answer = ask(stack, behind_nginx, recording, ONE, X_Forwarded_For=claim)
            assert not answer["ok"], claim


def test_without_redis_each_host_counts_for_itself_and_nobody_is_told_of_a_fault(
    behind_nginx, recording
):
    behind_nginx.redis.kill()
    with contextlib.ExitStack() as stack:
        answers = [ask(stack, behind_nginx, recording, ONE)[1] for _ in range(9)]
        let_in = [answer for answer in answers if answer["ok"]]
        assert 2 <= len(let_in) <= 6
        assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"busy"}
        assert ask(stack, behind_nginx, recording, OTHER)[1]["ok"]
