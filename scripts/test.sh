#!/usr/bin/env bash
# Runs every test, the page's first: scripts/test.sh [PYTEST ARGUMENT...]
# Without an argument it is in three processes, a group of tests each (tests/conftest.py).
# pytest runs even if the page's tests failed, so that one run shows all; its closing line is the last.
set -uo pipefail
cd "$(dirname "$0")/.."

status=0
# Named one by one: Node 20 takes a folder here, Node 22 does not.
page_tests=$(find tests/js -name '*.test.*js' 2>/dev/null | sort)
if [ -n "$page_tests" ]; then
    # The environment has a Node of its own only where the machine's is missing or too old.
    PATH="$PWD/.venv/bin:$PATH"
    # shellcheck disable=SC2086
    node --test $page_tests || status=1
fi
[ $# -gt 0 ] || set -- -n 3 --dist loadgroup
.venv/bin/python -m pytest "$@" || status=1
exit $status
