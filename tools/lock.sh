#!/usr/bin/env bash
# Writes the lock files: hashes for every file of every package, no download addresses.
# Usage: tools/lock.sh UV [--upgrade]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=${1:?path of uv}
shift

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}

compile pyproject.toml --output-file requirements.txt "$@"
compile pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt "$@"
compile --group build --output-file requirements-build.txt "$@"
npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error
