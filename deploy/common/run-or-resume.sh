#!/usr/bin/env bash
# Brings a run to its end, however often it was cut short: begins it if its folder is not there, goes on otherwise. For
# things that start a process again when it has ended (Compose, Kubernetes, systemd, Slurm).
#
#     run-or-resume.sh CONFIG RUN_FOLDER [options of both `run` and `resume`...]
#
# Seed and changes of the config (--seed, --set) belong into the config: `resume` knows no such options. The process becomes
# wasserwerk: signals reach it, and exit codes are its own (0 done, 1 failed, 2 usage or config, 3 stopped before its end, 130
# interrupted).
set -euo pipefail

if [ $# -lt 2 ]; then
  echo 'usage: run-or-resume.sh CONFIG RUN_FOLDER [options of both wasserwerk run and resume...]' >&2
  exit 2
fi
config=$1 folder=$2
shift 2

if [ ! -e "$folder/manifest.json" ]; then
  exec wasserwerk run "$config" --out "$folder" "$@"
fi

# A process that was killed leaves its lock. On this machine `resume` takes it over at once; that of another machine or
# container only after a minute without a sign of life, and until then it would refuse.
lock=$folder/run.lock
for _ in {1..14}; do
  [ -n "$(find "$lock" -newermt '-62 seconds' 2>/dev/null)" ] || break
  ! grep -q "\"host\": *\"$(uname -n)\"" "$lock" 2>/dev/null || break
  echo "run-or-resume: $folder is locked by another machine; looking again in 5 s" >&2
  sleep 5
done
exec wasserwerk resume "$folder" "$@"
