"""Which pages may open a WebSocket, and what is logged of those that may not."""

from __future__ import annotations

import pytest
import websocket

from tests.servers import serve
from webapp.origins import MOST_LOGGED, Origins, parse


def environ(own="voice.example", scheme="https", **forwarded):
    headers = {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in forwarded.items()}
    return {"wsgi.url_scheme": scheme, "HTTP_HOST": own, **headers}


def test_a_page_of_the_same_address_may_connect_also_behind_a_proxy_with_tls():
    origins = Origins()
    assert origins("https://voice.example", environ())
    assert origins("https://voice.example", environ(scheme="http", proto="https"))
    assert origins("https://voice.example", environ("10.0.0.1:5000", "http", proto="https, http",
                                                    host="voice.example, inner"))  # fmt: skip
    assert origins(None, environ())


@pytest.mark.parametrize("origin", ["https://evil.example", "http://voice.example", "null",
                                    "https://voice.example:8443"])  # fmt: skip
def test_a_page_of_another_address_may_not_connect_unless_it_is_named(origin, caplog):
    assert not Origins()(origin, environ())
    assert Origins((origin,))(origin, environ())
    (record,) = caplog.records
    assert repr(origin) in record.getMessage()
    assert "'https://voice.example'" in record.getMessage()
    assert "ALLOWED_ORIGINS" in record.getMessage()
    assert (record.event, record.fields) == ("origin_refused", {"origin": origin})


def test_a_refused_origin_is_logged_once_and_a_flood_of_them_does_not_fill_the_log(caplog):
    origins = Origins()
    for number in range(3 * MOST_LOGGED):
        for _ in range(2):
            assert not origins(f"https://{number}.example\nforged line", environ())
    assert len(caplog.records) == MOST_LOGGED
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_origins_are_read_from_a_list():
    assert parse("https://A.example/, http://b.example:8080") == (
        "https://a.example",
        "http://b.example:8080",
    )


def test_the_server_refuses_a_strange_origin_and_takes_one_that_is_named():
    with serve({"ALLOWED_ORIGINS": "https://voice.example"}) as server:
        url = f"{server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
        for origin in (server.url, "https://voice.example"):
            websocket.create_connection(url, origin=origin, timeout=10).close()
        with pytest.raises(websocket.WebSocketBadStatusException, match="400"):
            websocket.create_connection(url, origin="https://evil.example", timeout=10)
        assert "'https://evil.example'" in server.log.read_text()
