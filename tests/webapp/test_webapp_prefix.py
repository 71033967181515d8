"""The application under a sub-path, and whose X-Forwarded-Prefix it believes."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp import create_app, prefix
from webapp.addresses import networks
from webapp.settings import Settings

HOSTILE = (
    '/"><script>alert(1)</script>',
    "//evil.example",
    "https://evil.example",
    "/a/../b",
    "/%2e%2e",
    "/a b",
    "/a\\b",
    "/a,/b",
    "/" + "a" * 300,
    "emotion",
    "/emötion",
)


@pytest.fixture(scope="module")
def behind_proxy():
    return create_app(Settings(trusted_proxies=networks("127.0.0.1")))


def root_of(answer):
    config = re.search(r'<script type="application/json" id="config">(.*?)</script>', answer.text)
    return json.loads(config[1])["root"]


def get(app, path, header=None, *, peer="127.0.0.1"):
    headers = {} if header is None else {"X-Forwarded-Prefix": header}
    return app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": peer})


def test_the_prefix_of_a_trusted_proxy_is_believed(behind_proxy):
    for header in ("/emotion", "/emotion/"):
        assert root_of(get(behind_proxy, "/", header)) == "/emotion/"
    assert root_of(get(behind_proxy, "/", "/tools/emotion-2")) == "/tools/emotion-2/"


def test_the_prefix_of_a_stranger_changes_nothing(behind_proxy):
    stranger = get(behind_proxy, "/", "/emotion", peer="198.51.100.7")
    assert root_of(stranger) == "/"
    assert get(behind_proxy, "/emotion/healthz", "/emotion", peer="198.51.100.7").status_code == 404


@pytest.mark.parametrize("header", HOSTILE)
def test_a_prefix_that_is_no_plain_path_is_ignored_even_of_a_trusted_proxy(behind_proxy, header):
    answer = get(behind_proxy, "/", header.encode().decode("latin-1"))
    assert answer.status_code == 200
    assert root_of(answer) == "/"
    assert "evil" not in answer.text
    assert "alert(" not in answer.text


def test_an_ignored_prefix_is_logged_once(make_app, caplog):
    app = make_app(trusted_proxies=networks("127.0.0.1"))
    for _ in range(3):
        get(app, "/", "//evil.example")
    logged = [record.getMessage() for record in caplog.records if "X-Forwarded" in record.msg]
    assert len(logged) == 1
    assert "//evil.example" in logged[0]


@given(st.text(max_size=40))
def test_what_is_parsed_is_empty_or_a_plain_path(text):
    try:
        parsed = prefix.parse(text)
    except ValueError:
        return
    assert re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parsed)
    assert prefix.parse(f"{parsed}/") == parsed


def test_the_setting_gives_the_prefix_to_proxies_that_keep_it_and_that_remove_it(make_app):
    app = make_app(url_prefix="/emotion", trusted_proxies=networks("127.0.0.1"))
    for path in ("/", "/emotion/"):
        assert root_of(get(app, path)) == "/emotion/"
    for path in ("/static/js/app.js", "/api/v1/model", "/watch/token", "/healthz"):
        assert get(app, path).status_code == 200
        assert get(app, f"/emotion{path}").status_code == 200
    assert root_of(get(app, "/", "/other")) == "/other/"
    assert root_of(get(app, "/", "/")) == "/"


def test_the_prefix_without_its_slash_is_redirected(make_app):
    app = make_app(url_prefix="/emotion")
    answer = get(app, "/emotion?lang=de")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/emotion/?lang=de")
    assert get(app, "/emotional").status_code == 404


@pytest.mark.parametrize(("path", "depth"), [("/", 0), ("/watch/token", 1)])
def test_every_address_of_the_pages_is_relative(behind_proxy, path, depth):
    text = get(behind_proxy, path).text
    found = re.findall(r'\b(?:href|src|action)="([^"]*)"', text)
    own = [address for address in found if not address.startswith(("https://", "#", "?"))]
    assert len(own) >= 5
    start = "../" * depth or "./"
    assert {address for address in own if not address.startswith(start)} == set()


def test_the_file_input_hides_no_file(behind_proxy):
    (field,) = re.findall(r'<input id="file"[^>]*>', get(behind_proxy, "/").text)
    assert "accept" not in field


def test_no_module_of_the_page_names_an_address_from_the_root(root):
    for path in (root / "static/js").rglob("*.js"):
        text = path.read_text("utf-8")
        assert not re.search(r"""(fetch|open|import|from)\s*\(?\s*["'`]/""", text), path
        assert not re.search(r"""\.(src|href)\s*=\s*["'`]/""", text), path
    assert "url(/" not in (root / "static/css/page.css").read_text("utf-8")


def test_the_api_names_addresses_with_the_prefix(behind_proxy):
    (first, *_) = get(behind_proxy, "/api/v1/samples", "/emotion").json
    assert first["url"].startswith("/emotion/samples/")
    assert get(behind_proxy, first["url"], "/emotion").status_code == 200
    document = get(behind_proxy, "/api/v1/openapi.json", "/emotion").json
    assert document["servers"] == [{"url": "/emotion"}]
    assert get(behind_proxy, "/api/v1/samples").json[0]["url"].startswith("/samples/")
    assert get(behind_proxy, "/api/v1/openapi.json").json["servers"] == [{"url": "/"}]
