#!/usr/bin/env bash
# Makes what compose.yaml mounts: folders of this user, .env (if there is none) and credentials. May be run again, also with
# more workers: nothing that is there is thrown away.
#
#     ./setup.sh [WORKERS]      names for so many workers on this host (default 8): worker-1, worker-2, …
#
# On a second host take another prefix, so that no name is there twice: PREFIX=b ./setup.sh 8
set -euo pipefail

workers=${1:-8}
if ! [[ $workers =~ ^[1-9][0-9]{0,3}$ ]]; then
  echo "setup: '$workers' is no number of workers; usage: ./setup.sh [WORKERS]" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"

if [ "$(id -u)" -eq 0 ]; then echo 'setup: containers will run as root; better run this as an ordinary user' >&2; fi

names=()
for ((i = 1; i <= workers; i++)); do names+=("${PREFIX:-worker}-$i"); done
umask 077
../common/make-credentials.sh secrets "${names[@]}"
# The server sees its own two files, not the others'.
mkdir -p secrets/nats data/nats data/slots runs
mv secrets/accounts.conf secrets/nats/
if [ -e secrets/nats/wasserwerk.conf ]; then rm secrets/wasserwerk.conf; else mv secrets/wasserwerk.conf secrets/nats/; fi
rm secrets/workers.env

if [ ! -e .env ]; then
  cat >.env <<END
# Written by setup.sh, yours to change. Containers run as this user: it owns runs/ and data/ and reads secrets/.
COMPOSE_PROJECT_NAME=wasserwerk
WASSERWERK_UID=$(id -u)
WASSERWERK_GID=$(id -g)
# The config: a file in this folder (relative to compose.yaml), and the name of its run folder in runs/.
WASSERWERK_CONFIGS=../../configs
WASSERWERK_CONFIG=quickstart.yaml
WASSERWERK_RUN=first
# The run begins with so many machines, and takes more up to the second number; threads and processors of each.
WASSERWERK_MACHINES=2
WASSERWERK_MAX_MACHINES=$workers
WASSERWERK_THREADS=2
WASSERWERK_CPUS=3
END
fi
echo "setup: credentials for ${#names[@]} workers in $here/secrets, settings in $here/.env"
