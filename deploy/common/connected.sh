#!/usr/bin/env bash
# Succeeds while this container holds the connections of a machine to its NATS server: two, one for control and one for
# bulk. Looks at the kernel's table of TCP connections, hence needs no tool, no password and no traffic. It does not tell
# whether the server takes the machine's messages, and on a host's own network it counts other processes' connections, too.
#
#     connected.sh [PORT]        port of the server; default: that of WASSERWERK_NATS_URL, else 4222
set -euo pipefail

port=${1:-}
if [ -z "$port" ] && [[ ${WASSERWERK_NATS_URL:-} =~ :([0-9]+)/?$ ]]; then port=${BASH_REMATCH[1]}; fi
wanted=$(printf ':%04X' "${port:-4222}")

open=0
for table in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$table" ] || continue
  # Columns: number, local address, remote address, state (01: established), …
  while read -r _ _ remote state _; do
    if [ "$state" = 01 ] && [ "${remote: -5}" = "$wanted" ]; then open=$((open + 1)); fi
  done <"$table"
done
if [ "$open" -lt 2 ]; then
  echo "connected: $open of 2 connections to port ${port:-4222} are open" >&2
  exit 1
fi
