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
  [ "$name" != coordinator ] || usage "a worker cannot be named 'coordinator'"
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

# user NAME PASSWORD PUBLISH SUBSCRIBE [more permissions]
user() {
  printf '      {\n        user: "%s", password: "%s"\n        permissions: {\n' "$1" "$2"
  printf '          publish: { allow: [%s] }\n          subscribe: { allow: [%s] }\n' "$3" "$4"
  if [ -n "${5:-}" ]; then printf '          %s\n' "$5"; fi
  printf '        }\n      }\n'
}

# Who may do what. A worker asks JetStream for nothing: its checkpoints go to a folder that all machines share. It answers
# the discovery of services ($SRV), hence `allow_responses`.
# shellcheck disable=SC2016  # subjects of NATS begin with a dollar sign
{
  printf '# Written by make-credentials.sh: who may connect, and to which subjects. Secret.\naccounts {\n  WASSERWERK {\n'
  printf '    jetstream: enabled\n    users: [\n'
  user coordinator "$(password "$folder/coordinator.password")" \
    '"wasserwerk.coordinator.>", "$SRV.>", "$JS.API.>", "$JS.ACK.>", "$KV.>", "$O.>"' \
    '"wasserwerk.worker.*.*.*", "wasserwerk.coordinator.*.all.*", "$KV.>", "$O.>", "$SRV.>", "_INBOX.>"' \
    'allow_responses: true'
  for name in "$@"; do
    user "$name" "$(password "$folder/workers/$name.password")" \
      "\"wasserwerk.worker.$name.>\"" \
      "\"wasserwerk.coordinator.*.$name.*\", \"wasserwerk.coordinator.*.all.*\", \"wasserwerk.worker.*.$name.*\", \"\$SRV.>\"" \
      'allow_responses: true'
  done
  printf '    ]\n  }\n}\n'
} >"$folder/accounts.conf.new"
mv "$folder/accounts.conf.new" "$folder/accounts.conf"

for name in "$@"; do
  printf '%s.password=%s\n' "$name" "$(cat "$folder/workers/$name.password")"
done >"$folder/workers.env"

# The server's config: that of deploy/nats where it includes accounts, else the one beside this script.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
server=$here/server.conf
if grep -qs '^ *include.*accounts\.conf' "$here/../nats/wasserwerk.conf"; then server=$here/../nats/wasserwerk.conf; fi
[ -e "$folder/wasserwerk.conf" ] || cp "$server" "$folder/wasserwerk.conf"
