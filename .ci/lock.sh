#!/bin/sh
# Pins every dependency by version and hash, for Python 3.11 and newer, without the address of any index.
set -eu
cd "$(dirname "$0")/../requirements"
compile() {
    ../.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate "$1" --output-file "$2"
}
compile ../pyproject.toml run.txt
for name in test build node; do compile "$name.in" "$name.txt"; done
if grep -nE '://|--(index|extra-index|find-links|trusted)' ./*.txt; then
    echo "A lock names an address; see the lines above." >&2
    exit 1
fi
