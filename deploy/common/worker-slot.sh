#!/usr/bin/env bash
# Starts a worker under a name that no other container of this host has: for replicas that are all alike (Compose's
# `--scale`). A name is free when nobody holds the lock of its file in SLOTS; the kernel gives the lock back when the process
# is gone, however it ended. The locks are those of one kernel: on another host use other names (other files).
#
#     worker-slot.sh CREDENTIALS SLOTS [options of `wasserwerk worker`...]
#
# CREDENTIALS: a folder with a file NAME.password for each name. SLOTS: a folder that these containers share, on a local disk.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo 'usage: worker-slot.sh CREDENTIALS SLOTS [options of wasserwerk worker...]' >&2
  exit 2
fi
credentials=$1 slots=$2
shift 2

shopt -s nullglob
files=("$credentials"/*.password)
for file in "${files[@]}"; do
  name=$(basename "$file" .password)
  # Stays open in the program that takes the place of this shell, hence the lock lasts as long.
  exec {slot}>"$slots/$name.lock"
  if flock --nonblock "$slot"; then
    echo "worker-slot: this worker is $name" >&2
    exec wasserwerk worker --name "$name" --nats-user "$name" --nats-password-file "$file" "$@"
  fi
  exec {slot}>&-
done
echo "worker-slot: all ${#files[@]} names of $credentials are taken: make credentials for more workers, or start fewer" >&2
exit 2
