#!/usr/bin/env bash
# Installs what the tests need beyond Node and `npm ci`, through the system's package manager. Quiet and quick when all is
# there already. With --bench also what the comparison with other tools needs (bench/peers), with --validate what the full
# validation needs.
#
#     scripts/install-test-tools.sh [--bench] [--validate]
#
# To add a tool: one line `need PACKAGE CHECK...` below, where CHECK is a command that succeeds when the tool is there.
set -euo pipefail

say() { printf 'install-test-tools: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

bench=false
validate=false
for argument in "$@"; do
  case "$argument" in
    --bench) bench=true ;;
    --validate) validate=true ;;
    *)
      say "unknown argument '$argument'; usage: scripts/install-test-tools.sh [--bench] [--validate]"
      exit 2
      ;;
  esac
done

missing=()
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Node comes from elsewhere than apt (Debian's is too old), so it is only looked at.
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
  2>/dev/null || fail "Node 20.19 or newer is needed, found $(node --version 2>/dev/null || echo none): see https://nodejs.org"

need nats-server command -v nats-server
need prometheus command -v promtool
# A network between machines that can be cut and slowed down: ip and tc.
need iproute2 command -v tc
# What lies in deploy/: scripts/check-deployment.sh.
need shellcheck command -v shellcheck
need docker-compose sh -c 'docker compose version || docker-compose --version'
# Exports are read back by other programs. Not the first python3 on the path: a version manager may shadow the one that
# these packages belong to.
need python3-numpy /usr/bin/python3 -c 'import numpy'
need python3-h5py /usr/bin/python3 -c 'import h5py'
need r-base-core command -v Rscript
need r-cran-hdf5r Rscript -e 'library(hdf5r)'

# The dashboard's tests.
need chromium sh -c 'command -v chromium || command -v chromium-browser'

if $bench; then
  need g++ command -v g++
  need python3-scipy /usr/bin/python3 -c 'import scipy.sparse.linalg'
fi

if $validate; then
  # Optimal transport by another program: distances of Wasserstein.
  need python3-pot /usr/bin/python3 -c 'import ot'
fi

[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null ||
  fail "missing: ${missing[*]} (names of Debian packages). There is no apt-get here; install them with your package manager."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    fail "missing: ${missing[*]}. Run this as root, or: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
# The list of packages may be old or, in a fresh container, empty: fetch it only when it does not serve.
if ! "${install[@]}" >"$log" 2>&1; then
  { "${as_root[@]}" apt-get update && "${install[@]}"; } >"$log" 2>&1 || {
    cat "$log" >&2
    fail "apt-get could not install: ${missing[*]}"
  }
fi
