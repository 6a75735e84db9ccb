#!/usr/bin/env bash
# Makes the credentials of an overlay: secrets/ in the current folder, for pods worker-0, worker-1, … May be run again with
# more workers: passwords that are there stay.
#
#     cd deploy/kubernetes/site && ../setup.sh [WORKERS]      (default 8)
set -euo pipefail

workers=${1:-8}
if ! [[ $workers =~ ^[1-9][0-9]{0,3}$ ]] || [ ! -e kustomization.yaml ]; then
  echo 'usage: in the folder of an overlay (where its kustomization.yaml is): ../setup.sh [WORKERS]' >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

names=()
for ((i = 0; i < workers; i++)); do names+=("worker-$i"); done
"$here/../common/make-credentials.sh" secrets "${names[@]}"
echo "setup: credentials for ${#names[@]} workers in $PWD/secrets"
