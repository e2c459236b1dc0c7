#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image of this autograder.
set -euo pipefail
source="${PARLEY_AUTOGRADER:-/autograder}/source"
export DEBIAN_FRONTEND=noninteractive

packages=()
command -v python3 >/dev/null || packages+=(python3)
python3 -c 'from ensurepip import version' 2>/dev/null || packages+=(python3-venv)
command -v bwrap >/dev/null || packages+=(bubblewrap)
if [ "${#packages[@]}" -gt 0 ]; then
    apt-get update --quiet=2
    apt-get install --yes --quiet=2 --no-install-recommends "${packages[@]}"
fi

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "Parley needs Python 3.10 or newer, and this is $(python3 --version)." \
        "Choose Ubuntu 22.04 or newer as the base image where you configure the autograder." >&2
    exit 1
fi
python3 -m venv "$source/.venv"
"$source/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$source/project"
"$source/.venv/bin/python" -I -m parley.cli doctor || true
