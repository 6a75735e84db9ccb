#!/usr/bin/env bash
# Checks what lies in deploy/ with the tools that are there, each in its own words. A tool that is not there is named
# ("not checked: …"), never passed over in silence. What can be checked without tools is test/deploy.
#
#     scripts/check-deployment.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
checked() { printf 'checked: %s\n' "$*"; }
not_checked() { printf 'not checked: %s\n' "$*"; }
wrong() {
  printf 'wrong: %s\n' "$*" >&2
  failed=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- shell ---------------------------------------------------------------------------------------------------------------

mapfile -t scripts < <(find deploy scripts .ci -type f \( -name '*.sh' -o -name '*.sbatch' -o -path '.ci/*' \) -not -path '*/secrets/*' | sort)
for script in "${scripts[@]}"; do
  bash -n "$script" || wrong "$script"
done
checked "${#scripts[@]} shell scripts (bash -n)"
for script in deploy/*/*.sh; do
  [ -x "$script" ] || wrong "$script is not executable"
done

if command -v shellcheck >/dev/null; then
  if shellcheck "${scripts[@]}"; then checked "${#scripts[@]} shell scripts (shellcheck)"; else wrong shellcheck; fi
else
  not_checked 'shell scripts by shellcheck (Debian package shellcheck)'
fi

# ---- a site, made as a person would make it ---------------------------------------------------------------------------

cp -R deploy configs "$work/"
find "$work/deploy" -name secrets -type d -prune -exec rm -rf {} +
rm -f "$work/deploy/compose/.env"
(cd "$work/deploy/compose" && ./setup.sh 3) >/dev/null || wrong 'compose/setup.sh'
(cd "$work/deploy/kubernetes/site" && ../setup.sh 3) >/dev/null || wrong 'kubernetes/setup.sh'

if command -v nats-server >/dev/null; then
  for config in "$work/deploy/compose/secrets/nats" "$work/deploy/kubernetes/site/secrets"; do
    nats-server -t -c "$config/wasserwerk.conf" >"$work/said" 2>&1 || { cat "$work/said" >&2; wrong "config of the server in ${config#"$work/"}"; }
  done
  checked 'config of the NATS server (nats-server -t)'
else
  not_checked 'config of the NATS server (Debian package nats-server)'
fi

# ---- Compose -----------------------------------------------------------------------------------------------------------

compose=()
if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
fi
if [ ${#compose[@]} -gt 0 ]; then
  if (cd "$work/deploy/compose" && "${compose[@]}" --file compose.yaml config --quiet); then
    checked "compose.yaml (${compose[*]} config)"
  else
    wrong compose.yaml
  fi
else
  not_checked 'compose.yaml by Compose (Debian package docker-compose)'
fi

# `docker build --check` needs BuildKit, and a service that runs.
if docker buildx version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  if docker build --check --file deploy/docker/Dockerfile .; then checked Dockerfile; else wrong Dockerfile; fi
else
  not_checked 'Dockerfile by docker build --check (no buildx, or no Docker service)'
fi

# ---- Kubernetes --------------------------------------------------------------------------------------------------------

if command -v kubectl >/dev/null; then
  if kubectl kustomize "$work/deploy/kubernetes/site" >"$work/objects.yaml"; then
    # A name that kustomize did not connect would lack the hash of its content.
    for name in nats-config coordinator-password worker-passwords; do
      grep -Eq "secretName: $name-[a-z0-9]{10}\$" "$work/objects.yaml" || wrong "kustomize: secret $name is not connected"
    done
    grep -q 'worker-2.password: ' "$work/objects.yaml" || wrong 'kustomize: passwords of the workers are not there'
    checked "Kubernetes objects (kubectl kustomize: $(grep -c '^kind: ' "$work/objects.yaml"))"
  else
    wrong 'kustomize'
  fi
else
  not_checked 'Kubernetes objects by kubectl kustomize (no kubectl)'
fi

# ---- systemd -----------------------------------------------------------------------------------------------------------

if command -v systemd-analyze >/dev/null; then
  mkdir "$work/units"
  for unit in deploy/systemd/*.service; do
    # The programs are not installed here: another stands in for them, the rest of the line stays.
    sed -E 's#^(Exec[A-Za-z]+=)/[^ ]+#\1/bin/true#' "$unit" >"$work/units/$(basename "$unit")"
  done
  # What it does not like it may only print: anything that names our units is wrong.
  systemd-analyze verify --man=no "$work"/units/*.service >"$work/said" 2>&1 || wrong 'systemd-analyze verify'
  if grep wasserwerk "$work/said" >&2; then wrong 'systemd units'; fi
  checked "$(find "$work/units" -type f | wc -l) units (systemd-analyze verify)"
  for unit in "$work"/units/*.service; do
    # In tenths; 10.0 is a service without any protection.
    systemd-analyze security --offline=yes --threshold=20 "$unit" >"$work/said" 2>&1 ||
      { tail -1 "$work/said" >&2; wrong "$(basename "$unit"): exposure above 2.0 (systemd-analyze security)"; }
  done
  checked 'exposure of units at most 2.0 (systemd-analyze security)'
else
  not_checked 'units by systemd-analyze (Debian package systemd)'
fi

exit $failed
