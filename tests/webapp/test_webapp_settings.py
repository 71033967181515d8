from __future__ import annotations

import dataclasses
import os

import pytest

from webapp.settings import Settings, SettingsError


def test_an_empty_environment_gives_the_documented_defaults():
    settings = Settings.from_environment({"HOST": "", "IDLE_S": "  "})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.async_mode) == ("127.0.0.1", 5000, "eventlet")
    assert (settings.max_upload_mb, settings.max_clip_s, settings.max_session_s) == (95, 600, 1800)


def test_variables_override_the_defaults(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    settings = Settings.from_environment(
        {
            "PORT": "8080",
            "PREDICTION_STEP_S": "0.5",
            "SAMPLES_DIR": f"{tmp_path}{os.pathsep}{other}",
        }
    )
    assert settings.port == 8080
    assert settings.prediction_step_s == 0.5
    assert settings.samples_dir == (tmp_path, other)


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("True", True), ("on", True), ("0", False), ("no", False)]
)
def test_a_switch_is_turned_by_1_and_0_and_by_words(text, on):
    assert Settings.from_environment({"METRICS": text}).metrics is on


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "80.5"),
        ("MAX_CLIP_S", "nan"),
        ("MAX_SESSION_S", "inf"),
        ("MAX_SESSIONS", "0"),
        ("IDLE_S", "-1"),
        ("ASYNC_MODE", "asyncio"),
        ("PREDICTION_STEP_S", "0.3"),
        ("SAMPLES_DIR", "/there/is/no/such/folder"),
        ("MAX_REQUESTS", "-1"),
        ("METRICS", "2"),
        ("LOG_FORMAT", "xml"),
        ("MAX_LOAD", "85"),
        ("MAX_LOAD", "0"),
        ("MAX_EVENTS_S", "0"),
        ("MAX_SESSIONS_PER_ADDRESS", "-1"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
        ("URL_PREFIX", "emotion"),
        ("URL_PREFIX", "/a/../b"),
        ("URL_PREFIX", "https://example.org/emotion"),
        ("ALLOWED_ORIGINS", "example.org"),
        ("ALLOWED_ORIGINS", "https://example.org/emotion"),
        ("ALLOWED_ORIGINS", "https://example.org, *"),
        ("ALLOWED_ORIGINS", "https://example.org:http"),
        ("TRUSTED_PROXIES", "10.0.0.0/99, 127.0.0.1"),
        ("MAX_WATCHERS", "0"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://127.0.0.1:6379"),
        ("REDIS_URL", "redis:127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:port"),
        ("REDIS_URL", "redis://127.0.0.1:99999"),
        ("REDIS_URL", "redis:///0"),
        ("REDIS_URL", "redis://127.0.0.1/first"),
        ("REDIS_URL", "redis://127.0.0.1/?db=first"),
        ("REDIS_URL", "redis://127.0.0.1/?fast=1"),
        ("REDIS_URL", "unix://"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(name, value):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: value})
    message = caught.value.message
    assert name in message
    assert message.endswith(".")
    assert "\n" not in message


def test_trusted_proxies_are_addresses_and_networks():
    settings = Settings.from_environment({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8 ::1"})
    assert [str(n) for n in settings.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://:secret@[::1]:6379/3",
        "rediss://user:secret@redis.example:6380/0?ssl_cert_reqs=none",
        "unix:///run/redis/redis.sock?db=1",
    ],
)
def test_redis_is_named_by_its_address(url):
    assert Settings.from_environment({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize("url", ["http://:secret@host", "redis://:secret@host:port", "secret"])
def test_the_password_of_a_wrong_redis_address_is_not_told(url):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"REDIS_URL": url})
    assert "secret" not in caught.value.message


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
