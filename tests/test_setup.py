"""Set-up on machines that lack something, in small projects of its own, and without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = "chromium chromedriver firefox-esr pulseaudio"
SMALL_TOOLS = (
    "basename bash cat chmod cmp cp dirname env find flock id ls mkdir realpath rm sed sort uname"
)


def make_wheel(folder: Path, *, version: str) -> str:
    name = f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr("tiny.py", f"VERSION = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return f"--no-index\n./{name}\n"


def setup(
    project: Path, *steps: str, path: Path | None = None, **environment: str
) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "SETUP_LOCKED", "VIRTUAL_ENV")}
    if path:
        clean["PATH"] = str(path)
    return subprocess.run(
        [project / "scripts" / "setup.sh", *steps],
        cwd=project.parent,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(done: subprocess.CompletedProcess) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("setup: ")]


def version_in(project: Path) -> str:
    python = project / ".venv" / "bin" / "python"
    command = [python, "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is set up."""
    project = tmp_path_factory.mktemp("made") / "project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup.sh", project / "scripts")
    shutil.copy(ROOT / "scripts" / "test.sh", project / "scripts")
    (project / "requirements.txt").write_text(make_wheel(project, version="1.0"))
    done = setup(project, "python")
    assert done.returncode == 0, done.stderr
    assert len(said(done)) == 2
    return project


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "project", symlinks=True)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with the usual small tools: no Python, no Node, no browser."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in SMALL_TOOLS.split():
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_first_run_installs_what_is_asked_for(made):
    assert version_in(made) == "1.0"


def test_a_second_run_does_nothing_and_says_nothing(project):
    before = (project / ".venv" / ".done" / "requirements.txt").stat().st_mtime_ns
    done = setup(project, "python")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (project / ".venv" / ".done" / "requirements.txt").stat().st_mtime_ns == before


def test_changed_requirements_are_installed(project):
    (project / "requirements.txt").write_text(make_wheel(project, version="2.0"))
    assert setup(project, "python").returncode == 0
    assert version_in(project) == "2.0"


def test_an_environment_that_was_cut_off_half_made_is_made_again(project):
    for folder in project.glob(".venv/lib/python*/site-packages/pip"):
        shutil.rmtree(folder)
    assert setup(project, "python").returncode == 0
    assert version_in(project) == "1.0"


def test_an_environment_whose_python_is_gone_is_made_again(project):
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert setup(project, "python").returncode == 0
    assert version_in(project) == "1.0"


def test_a_package_that_was_cut_off_half_installed_is_installed_again(project):
    (packages,) = project.glob(".venv/lib/python*/site-packages")
    (packages / "tiny.py").unlink()
    (packages / "tiny-1.0.dist-info" / "RECORD").unlink()
    (project / ".venv" / ".done" / "requirements.txt").unlink()
    assert setup(project, "python").returncode == 0
    assert version_in(project) == "1.0"


def test_a_failed_installation_is_one_sentence_and_is_tried_again(project):
    (project / "requirements.txt").write_text("--no-index\nno-such-package==1.0\n")
    for _ in range(2):
        done = setup(project, "python")
        assert done.returncode == 1
        assert "pip could not install requirements.txt" in said(done)[-1]
    (project / "requirements.txt").write_text(make_wheel(project, version="1.0"))
    assert setup(project, "python").returncode == 0


def test_no_python_is_one_clear_sentence(made, bare, tmp_path):
    project = tmp_path / "new"
    shutil.copytree(made / "scripts", project / "scripts")
    done = setup(project, "python", path=bare)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr


def test_a_python3_that_does_not_fit_is_passed_over_for_one_of_another_name(made, bare, tmp_path):
    project = tmp_path / "new"
    shutil.copytree(made / "scripts", project / "scripts")
    (project / "requirements.txt").write_text(make_wheel(project, version="1.0"))
    program(bare, "python3", "exit 1")  # what it answers to "are you 3.11 to 3.13?"
    (bare / "python3.12").symlink_to(getattr(sys, "_base_executable", sys.executable))
    done = setup(project, "python", path=bare)
    assert done.returncode == 0, done.stderr
    assert "with Python 3." in done.stderr


@pytest.fixture
def page(project: Path, bare: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """A page with libraries, and an npm that writes down what it is asked for.

    The function runs some steps, and returns what npm was asked for meanwhile.
    """
    asked = tmp_path / "asked"
    (project / "package-lock.json").write_text("{}")
    (project / "scripts" / "vendor.mjs").write_text("")
    program(bare, "npm", f'echo "$@" >> {asked}; rm -rf node_modules; mkdir node_modules')
    program(bare, "node", 'if [ "$1" = -p ]; then echo 24; else mkdir -p static/vendor; fi')

    def run(*steps: str) -> list[str]:
        asked.write_text("")
        done = setup(project, *steps, path=bare, HOME=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert len(said(done)) == len(asked.read_text().splitlines())
        return asked.read_text().splitlines()

    return run


WHOLE = ["ci --silent --ignore-scripts"]
SERVED = ["ci --silent --ignore-scripts --omit=dev"]


def test_serving_installs_nothing_that_only_tests_need(page):
    assert page("frontend") == SERVED
    assert page("frontend") == []


def test_tests_install_everything_in_one_go(page, project):
    assert page("pagetests", "frontend") == WHOLE
    assert (project / "static" / "vendor").is_dir()
    assert page("pagetests", "frontend") == []


def test_serving_and_testing_in_turns_installs_each_once(page):
    assert page("frontend") == SERVED
    assert page("pagetests", "frontend") == WHOLE
    assert page("frontend") == []
    assert page("pagetests", "frontend") == []


def test_other_versions_of_the_pages_libraries_are_installed(page, project):
    page("pagetests", "frontend")
    (project / "package-lock.json").write_text('{"newer": true}')
    assert page("frontend") == SERVED
    assert page("pagetests", "frontend") == WHOLE


@pytest.mark.parametrize(("target", "asks"), [("serve", False), ("test", True)])
def test_the_page_tests_packages_are_asked_for_by_the_tests_alone(target, asks):
    told = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    steps = re.search(r"setup\.sh (.*)", told.stdout)[1].split()
    assert ("pagetests" in steps) is asks
    assert not asks or steps.index("pagetests") < steps.index("frontend")


def programs(folder: Path, names: str) -> None:
    for name in names.split():
        program(folder, name, "exit 0")


def apt_get(folder: Path, asked: Path, *, then: str = "") -> None:
    """An apt-get that writes down what it is asked for."""
    program(folder, "id", "echo 0")
    program(folder, "apt-get", f'echo "$@" >> {asked}\n{then}')


def system(project: Path, path: Path, **environment: str) -> subprocess.CompletedProcess:
    """The step, on a machine that has only what lies in `path`."""
    own = {"SBIN": str(path), "POLICY_RC_D": str(path / "policy-rc.d")}
    return setup(project, "system", path=path, **{**own, **environment})


def test_what_the_machine_lacks_is_named_in_one_sentence_where_one_is_not_root(project, bare):
    program(bare, "id", "echo 1000")
    done = system(project, bare)
    assert done.returncode == 0
    (sentence,) = done.stderr.splitlines()
    wanted = "chromium chromium-driver firefox-esr pulseaudio nginx redis-server"
    assert f"lacks {', '.join(wanted.split()[:-1])} and redis-server, which" in sentence
    assert sentence.endswith(f"apt-get install {wanted}")


def test_a_single_missing_program_is_named_too(project, bare):
    program(bare, "id", "echo 1000")
    programs(bare, f"{BROWSERS} nginx")
    assert "lacks redis-server, which" in system(project, bare).stderr


def test_what_the_machine_lacks_is_a_failure_where_the_tests_are_the_gate(project, bare):
    program(bare, "id", "echo 1000")
    assert system(project, bare, CI="true").returncode == 1


@pytest.mark.parametrize(
    ("there", "asked_for"),
    [
        ("chromium firefox pulseaudio nginx redis-server", "chromium-driver"),
        ("google-chrome chromedriver firefox-esr pulseaudio redis-server", "nginx"),
        (BROWSERS, "nginx redis-server"),
        ("chromium chromedriver nginx redis-server", "firefox-esr pulseaudio"),
    ],
)
def test_only_what_is_missing_is_installed_by_root_on_debian(
    project, bare, tmp_path, there, asked_for
):
    programs(bare, there)
    apt_get(bare, tmp_path / "asked")
    assert system(project, bare).returncode == 0
    last = (tmp_path / "asked").read_text().splitlines()[-1]
    assert last.endswith(f" --no-install-recommends {asked_for}")


def test_no_service_starts_because_it_was_installed(project, bare, tmp_path):
    """Neither at once (Debian asks policy-rc.d) nor when the machine starts."""
    policy, disabled = bare / "policy-rc.d", tmp_path / "disabled"
    programs(bare, "chromium chromedriver firefox-esr")
    program(bare, "update-rc.d", f'echo "$@" >> {disabled}')
    program(bare, "systemctl", f'echo "$@" >> {disabled}')
    apt_get(bare, tmp_path / "asked", then=f"{policy} nginx start; echo $? >> {tmp_path}/policy")
    assert system(project, bare).returncode == 0
    assert set((tmp_path / "policy").read_text().split()) == {"101"}
    assert not policy.exists()
    assert disabled.read_text().splitlines() == [
        "--global disable pulseaudio.service pulseaudio.socket",
        "nginx disable",
        "redis-server disable",
    ]


def test_a_policy_that_the_machine_has_is_left_as_it_is(project, bare, tmp_path):
    policy = bare / "policy-rc.d"
    programs(bare, BROWSERS)
    program(bare, "policy-rc.d", "exit 104")
    before = policy.read_text()
    apt_get(bare, tmp_path / "asked")
    assert system(project, bare).returncode == 0
    assert policy.read_text() == before


def test_an_installation_that_fails_leaves_no_policy_and_says_what_is_missing(project, bare):
    program(bare, "id", "echo 0")
    program(bare, "apt-get", "exit 100")
    done = system(project, bare)
    assert "lacks chromium," in said(done)[-1]
    assert not (bare / "policy-rc.d").exists()


def test_a_machine_that_has_everything_lacks_nothing(project, bare):
    programs(bare, "google-chrome chromedriver firefox pulseaudio nginx redis-server")
    assert system(project, bare).stderr == ""


def test_an_unknown_step_is_refused(project):
    done = setup(project, "pyhton")
    assert done.returncode == 1
    assert "no step 'pyhton'" in done.stderr


def run_tests(project: Path, *, page: str, server: str) -> subprocess.CompletedProcess:
    shutil.rmtree(project / ".venv")
    (project / ".venv").symlink_to(sys.prefix)
    (project / "tests" / "js").mkdir(parents=True)
    (project / "tests" / "js" / "page.test.js").write_text(
        f'require("node:test")("adds", () => {{ require("node:assert").equal(1 + 1, {page}); }});\n'
    )
    (project / "tests" / "test_server.py").write_text(
        f"def test_adds():\n    assert 1 + 1 == {server}\n"
    )
    return subprocess.run(
        [project / "scripts" / "test.sh"], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("page", "server", "passes"), [("2", "2", True), ("3", "2", False), ("2", "3", False)]
)
def test_both_test_runners_count_and_pytest_closes(project, page, server, passes):
    done = run_tests(project, page=page, server=server)
    assert (done.returncode == 0) is passes
    assert re.match(r"=+ 1 (passed|failed) in ", done.stdout.splitlines()[-1])
    assert "adds" in done.stdout  # the page's tests ran


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-samples"])
def test_every_requirement_written_by_hand_is_locked_to_one_version(name):
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    locked = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9._-]+==[0-9][\w.+!-]*", line) for line in locked)
    wanted = [line.split("#")[0].strip() for line in (ROOT / f"{name}.in").read_text().splitlines()]
    missing = {line for line in wanted if line and not line.startswith("-")} - {
        line.split("==")[0] for line in locked
    }
    assert not missing


def test_each_command_of_the_contract_is_listed():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("serve", "test", "bench", "train", "evaluate", "samples"):
        assert f"make {command} " in listed.stdout
