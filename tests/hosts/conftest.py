"""Three hosts behind nginx, which the tests of this folder share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.recording import Recording, load, prolong
from tests.hosts import cluster
from tests.hosts.cluster import Host, Redis


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = cluster.missing()
    for item in items:
        # Where the tests are the gate, a missing program is a failure.
        if reason and Path(__file__).parent in item.path.parents and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=reason))


@dataclass(frozen=True)
class Cluster:
    """Three hosts that run and share a Redis, and the address of nginx in front of them."""

    hosts: list[Host]
    redis: Redis
    url: str
    folder: Path


@pytest.fixture(scope="session")
def recording() -> Recording:
    """Somebody who speaks on and on, as Chromium recorded it."""
    return prolong(load(), seconds=120)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with cluster.run_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="session")
def hosts(redis: Redis) -> Iterator[list[Host]]:
    # Speakers come from addresses of their own; a test of the limit has them share one.
    settings = {
        "REDIS_URL": redis.url,
        "TRUSTED_PROXIES": "127.0.0.1",
        "MAX_SESSIONS_PER_ADDRESS": "2",
    }
    with cluster.run_hosts(3, **settings) as running:
        yield running


@pytest.fixture
def behind_nginx(hosts: list[Host], redis: Redis, tmp_path: Path) -> Iterator[Cluster]:
    """All of it running, whatever a test before did, behind an nginx of this test's own."""
    redis.start()
    cluster.start_all(hosts)
    cluster.until(lambda: not any(host.recordings() for host in hosts), "nobody speaks any more")
    with cluster.run_nginx(hosts, tmp_path / "nginx") as url:
        yield Cluster(hosts, redis, url, tmp_path / "nginx")
