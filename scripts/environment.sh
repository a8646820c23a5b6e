# Makes or renews the project's own environment in .venv, from the hashed lock file. Sourced by the scripts beside it.
# Never here: anything that starts a server or touches data.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

is_fit() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    if [ -n "${JAKSOKIRJA_PYTHON:-}" ]; then
        if ! is_fit "$JAKSOKIRJA_PYTHON"; then
            echo "JAKSOKIRJA_PYTHON=$JAKSOKIRJA_PYTHON is no Python of 3.11 or newer with the venv module." >&2
            exit 1
        fi
        echo "$JAKSOKIRJA_PYTHON"
        return
    fi
    # A distribution's own comes first: it is built with optimisations by profile, which one built by hand often is not.
    for candidate in /usr/bin/python3 python3.13 python3.12 python3.11 python3; do
        if is_fit "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Jaksokirja needs Python 3.11 or newer with the venv module; set JAKSOKIRJA_PYTHON to name it." >&2
    exit 1
}

stamp="$(cat requirements.lock pyproject.toml | cksum | tr ' ' '-')-$(pwd -P | cksum | tr ' ' '-')"
if [ ! -x .venv/bin/jaksokirja ] || [ "$(cat .venv/stamp 2>/dev/null || true)" != "$stamp" ]; then
    echo "Making the environment in .venv (a minute or so, once) ..." >&2
    python="$(find_python)"
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$stamp" > .venv/stamp
fi
