#!/usr/bin/env bash
# Makes passwords for a coordinator and workers, and the file of accounts that tells them to a NATS server: each worker may
# speak under its own name only, and none may speak as the coordinator.
#
#     make-credentials.sh FOLDER NAME...
#
# writes, readable by this user alone,
#
#     FOLDER/wasserwerk.conf           for the server, yours to change (as for TLS): written only if it is not there
#     FOLDER/accounts.conf             included by it: users, passwords, subjects
#     FOLDER/coordinator.password      for --nats-password-file, user `coordinator`
#     FOLDER/workers/NAME.password     the same for each worker, user NAME
#     FOLDER/workers.env               all of these as lines NAME.password=…
#
# Names are [A-Za-z0-9_-]{1,64}. Passwords that are there already stay, so that workers can be added; accounts are written
# anew, for the names given now. A running server takes new accounts by `nats-server --signal reload=PID`.
set -euo pipefail

usage() {
  echo "make-credentials: $1; usage: make-credentials.sh FOLDER NAME..." >&2
  exit 2
}
[ $# -ge 2 ] || usage 'no names of workers given'
folder=$1
shift
for name in "$@"; do
  [[ $name =~ ^[A-Za-z0-9_-]{1,64}$ ]] || usage "'$name' is no name of a worker (letters, digits, - and _, 64 at most)"
  if [[ $name =~ ^(coordinator|monitor)$ ]]; then usage "a worker cannot be named '$name'"; fi
done
[ -z "$(printf '%s\n' "$@" | sort | uniq -d)" ] || usage 'a name is given twice'

umask 077
mkdir -p "$folder/workers"

# 32 random bytes as hexadecimal digits: no character means anything to the server, a shell or YAML.
password() {
  local file=$1
  [ -s "$file" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  cat "$file"
}

# user NAME PASSWORD, then subjects to publish, --, and subjects to subscribe to
user() {
  printf '      {\n        user: "%s", password: "%s"\n        permissions: {\n          publish: [\n' "$1" "$2"
  shift 2
  for subject in "$@"; do
    if [ "$subject" = -- ]; then printf '          ]\n          subscribe: [\n'; else printf '            "%s"\n' "$subject"; fi
  done
  printf '          ]\n        }\n      }\n'
}

# Who may do what: as deploy/nats has it, which says why; test/deploy compares.
# shellcheck disable=SC2016  # subjects of NATS begin with a dollar sign
{
  printf '# Written by make-credentials.sh: who may connect, and to which subjects. Secret.\naccounts {\n  wasserwerk {\n'
  printf '    jetstream: enabled\n    users: [\n'
  user coordinator "$(password "$folder/coordinator.password")" \
    'wasserwerk.coordinator.>' '$JS.API.STREAM.'{INFO,CREATE,MSG.GET}.KV_wasserwerk '$KV.wasserwerk.*' \
    '$JS.API.STREAM.'{INFO,CREATE,MSG.GET,PURGE}.OBJ_wasserwerk '$O.wasserwerk.>' \
    -- 'wasserwerk.worker.*.*.*' 'wasserwerk.coordinator.*.all.*' '$KV.wasserwerk.*' '_INBOX_coordinator.>'
  for name in "$@"; do
    user "$name" "$(password "$folder/workers/$name.password")" \
      "wasserwerk.worker.$name.>" '_INBOX_monitor.>' '$JS.API.STREAM.'{INFO,MSG.GET,PURGE}.OBJ_wasserwerk '$O.wasserwerk.>' \
      -- "wasserwerk.coordinator.*.$name.*" 'wasserwerk.coordinator.*.all.*' "wasserwerk.worker.*.$name.*" \
      '$SRV.'{PING,INFO,STATS}{,.wasserwerk-worker,.wasserwerk-worker.\*} "_INBOX_$name.>"
  done
  printf '    ]\n  }\n}\n'
} >"$folder/accounts.conf.new"
mv "$folder/accounts.conf.new" "$folder/accounts.conf"

for name in "$@"; do
  printf '%s.password=%s\n' "$name" "$(cat "$folder/workers/$name.password")"
done >"$folder/workers.env"

# The server's config, where there is none yet.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -e "$folder/wasserwerk.conf" ] || cp "$here/server.conf" "$folder/wasserwerk.conf"
