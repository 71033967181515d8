"""The page under /emotion/ of another site, and behind proxies that are not set up for it."""

from __future__ import annotations

import contextlib
import io
import os

import numpy as np
import pytest
from PIL import Image

from tests.browser import chromium, qr
from tests.hosts import cluster
from tests.hosts.cluster import ROOT, SUBPATH, fetch
from tests.speech import write_wav

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(chromium.missing()) and not os.environ.get("CI"), reason=str(chromium.missing())
    ),
]

INCLUDE = "# include /etc/nginx/speech-emotion-subpath.conf;"
FIRST = "        # The page and everything that is not named below"


def removed(text, *lines):
    """Return a configuration without some of its lines, each of which it must have."""
    for line in lines:
        assert line in text, line
        text = text.replace(line, "")
    return text


def under_emotion(folder, block):
    """Return a change of nginx.conf: the root is another site's, and `block` is included."""
    included = folder / "subpath.conf"
    included.write_text(block.replace("/srv/speech-emotion", str(ROOT)))

    def change(text):
        assert INCLUDE in text
        page, rest = text.split(FIRST)
        assert rest.count("\n    }\n") == 1  # the end of the server
        other_site = "        location / { return 404; }\n    }\n}\n"
        return page.replace(INCLUDE, f"include {included};") + other_site

    return change


KEEPS_THE_PATH = ("proxy_pass http://hosts/; #", "proxy_pass http://hosts; #")
TELLS_THE_PREFIX = "    proxy_set_header X-Forwarded-Prefix /emotion;\n"
BLOCKS = {
    "shipped": lambda block: block,
    "tells nothing": lambda block: removed(block, TELLS_THE_PREFIX),
    "keeps the path": lambda block: block.replace(*KEEPS_THE_PATH),
}


@pytest.fixture(scope="module")
def host():
    with cluster.run_hosts(1, TRUSTED_PROXIES="127.0.0.1") as (running,):
        yield running


@pytest.fixture
def behind(host, tmp_path):
    """Return a function that runs nginx with a changed configuration and yields its address."""
    with contextlib.ExitStack() as stack:

        def run(change):
            # The shipped file names three hosts; here all of them are the same one.
            nginx = cluster.run_nginx([host] * 3, tmp_path / "nginx", change=change)
            return stack.enter_context(nginx)

        yield run


@pytest.fixture
def browse(tmp_path):
    """Return a function that opens an address in a browser of its own."""
    speech = tmp_path / "speech.wav"
    write_wav(ROOT / "tests/fixtures/mediarecorder/sel_speech_250.bin", speech)
    with contextlib.ExitStack() as stack:

        def open_one(url, *, language="en"):
            driver = chromium.launch(
                microphone=speech,
                flags=(
                    "--ignore-certificate-errors",
                    f"--lang={language}",
                    f"--accept-lang={language}",
                ),
            )
            stack.callback(driver.quit)
            return chromium.Page(driver).open(url)

        yield open_one


def is_styled(page):
    return page.run("() => getComputedStyle(document.querySelector('.studio')).display") == "grid"


def requested(page):
    """Return the paths of everything that the page has loaded."""
    return page.run("() => performance.getEntriesByType('resource').map(({name}) => name)")


@pytest.fixture
def shipped(behind, tmp_path):
    return behind(under_emotion(tmp_path, SUBPATH.read_text()))


def test_under_a_sub_path_the_page_records_judges_and_shares(shipped, browse):
    page = browse(f"{shipped}/emotion/")
    assert is_styled(page)
    page.record()
    page.hear_more()
    page.click("#share-switch")
    page.wait(lambda: page.is_shown("#share-open"), "no link")
    link = page.get("#share-url", "value")
    assert link.startswith(f"{shipped}/emotion/watch/")
    code = page.find("#share-code")
    page.wait(lambda: code.get_attribute("data-text") == link, "the QR code is not drawn")
    picture = np.asarray(Image.open(io.BytesIO(code.screenshot_as_png)).convert("L"))
    assert qr.read(qr.modules_of(picture, int(code.get_property("width")))) == link
    watcher = browse(link)
    assert is_styled(watcher)
    watcher.wait_state("live")
    watcher.wait(lambda: watcher.values["seq"], "nothing is seen")
    assert watcher.run("() => document.querySelector('.top nav a').href") == f"{shipped}/emotion/"
    page.stop()

    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    page.press(page.all("#cards .play")[0])
    page.wait(lambda: page.all("#cards [data-playing]"), "the clip does not play")
    page.press(page.all("#cards .judge")[0])
    page.wait_state("judging", "result")
    page.wait_state("result")
    page.find("#file").send_keys(str(next(ROOT.glob("samples/synthetic/*.flac"))))
    page.wait_text("#result-from", ".flac")
    page.wait(lambda: page.is_shown("#model-report"), "no figures of the model")
    foreign = [name for name in requested(page) if not name.startswith(f"{shipped}/emotion/")]
    assert {name for name in foreign if not name.startswith("blob:")} == set()
    assert page.console() == []


@pytest.mark.parametrize("proxy", [name for name in BLOCKS if name != "shipped"])
def test_the_page_works_behind_other_proxies_under_a_sub_path(behind, browse, tmp_path, proxy):
    url = behind(under_emotion(tmp_path, BLOCKS[proxy](SUBPATH.read_text())))
    page = browse(f"{url}/emotion/")
    assert is_styled(page)
    page.record()
    page.hear_more()
    page.click("#share-switch")
    page.wait(lambda: page.is_shown("#share-open"), "no link")
    assert page.get("#share-url", "value").startswith(f"{url}/emotion/watch/")
    page.stop()
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    page.press(page.all("#cards .judge")[0])
    page.wait_state("judging", "result")
    page.wait_state("result")
    assert page.console() == []


def test_the_form_without_javascript_sends_to_the_sub_path(shipped, browse):
    page = browse(f"{shipped}/emotion/?lang=de")
    assert page.get("#drop", "action") == f"{shipped}/emotion/api/v1/predictions"


def test_the_sub_path_without_its_slash_leads_to_the_page(shipped):
    status, _, body = fetch(f"{shipped}/emotion?lang=de")
    assert (status, b"static/js/app.js" in body) == (200, True)
    assert fetch(f"{shipped}/emotion/metrics")[0] == 404
    assert fetch(f"{shipped}/")[0] == 404


def test_a_client_cannot_claim_a_sub_path_at_the_shipped_root(behind):
    url = behind(lambda text: text)
    _, _, body = fetch(f"{url}/", X_Forwarded_Prefix="/evil")
    assert b'"root": "/"' in body
    assert b"evil" not in body


UPGRADE = (
    "        proxy_set_header Upgrade $http_upgrade;\n",
    "        proxy_set_header Connection $connection_upgrade;\n",
)
HOST = "        proxy_set_header Host $http_host;\n"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "blocks WebSocket"), ("de", "blockiert WebSocket"), ("es", "conexiones WebSocket")],
)
def test_a_proxy_without_the_upgrade_headers_is_named_and_uploads_work(
    behind, browse, language, words
):
    url = behind(lambda text: removed(text, *UPGRADE))
    page = browse(url, language=language)
    page.click("#record")
    page.wait_state("error", seconds=30)
    assert words in page.notice
    page.find("#file").send_keys(str(next(ROOT.glob("samples/synthetic/*.flac"))))
    page.wait_state("result")


def test_a_refused_origin_is_named_on_the_page_and_in_the_log(behind, browse, host):
    url = behind(lambda text: removed(text, HOST))
    page = browse(url)
    page.click("#record")
    page.wait_state("error", seconds=30)
    assert "refuses live connections" in page.notice
    assert "ALLOWED_ORIGINS" in page.notice
    log = host.server.log.read_text()
    assert f"'{url}'" in log
    assert "ALLOWED_ORIGINS" in log
    page.find("#file").send_keys(str(next(ROOT.glob("samples/synthetic/*.flac"))))
    page.wait_state("result")


def test_a_watching_page_says_what_blocks_its_connection(host, browse, tmp_path):
    broken = cluster.run_nginx([host] * 3, tmp_path / "a", change=lambda t: removed(t, *UPGRADE))
    with broken as url:
        page = browse(f"{url}/watch/no-such-view")
        page.wait_state("blocked", seconds=30)
        assert "blocks WebSocket" in page.text("#state")
        assert page.is_shown("#again")


def test_a_server_that_is_gone_is_still_called_gone(host, browse, tmp_path):
    with cluster.run_nginx([host] * 3, tmp_path / "a") as url:
        page = browse(url)
    page.click("#record")
    page.wait_state("error", seconds=30)
    assert "does not answer" in page.notice
