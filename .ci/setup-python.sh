#!/bin/sh
# Makes .venv and installs one lock into it: `run` (with the project itself) or `test`.
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf '\n%s\n\n' "$*" >&2
    exit 1
}

fits() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The distribution's own Python comes first: it is built with optimisation. One that was built by hand often is not, and
# then all of this takes half as long again.
choose() {
    if fits /usr/bin/python3; then echo /usr/bin/python3; else echo python3; fi
}

install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: "$@"
}

case $1 in
run)
    python=${PYTHON:-$(choose)}
    command -v "$python" >/dev/null ||
        fail "$python was not found. authsms needs Python 3.11 or newer; name another one with: make PYTHON=/path/to/python3 ..."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python is $("$python" -V 2>&1). authsms needs Python 3.11 or newer: make PYTHON=python3.11 ..."
    if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
        echo "Making .venv with $python, $("$python" -V) ..."
        "$python" -m venv --clear .venv || fail "$python -m venv failed; see above. Nothing else was changed."
    fi
    echo "Installing what the server needs (requirements/run.txt) ..."
    install -r requirements/run.txt
    install -r requirements/build.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    ;;
test)
    echo "Installing what the tests need (requirements/test.txt) ..."
    install -r requirements/test.txt
    ;;
*) fail "usage: $0 run|test" ;;
esac
touch ".venv/.$1"
