#!/usr/bin/env bash
# usage: on_linux.sh HUPSTORM
# The matrix on the real kernel. Its connections leave nearly every port in TIME-WAIT for a minute, so
# it gets a network of its own if one can be had: other tests find no port otherwise.
set -euo pipefail

for namespace in --net '--net --map-root-user'; do
  # shellcheck disable=SC2086
  if unshare $namespace ip link set lo up 2>/dev/null; then
    # shellcheck disable=SC2016,SC2086
    exec unshare $namespace sh -c 'ip link set lo up && exec "$0" matrix --world loopback' "$1"
  fi
done
exec "$1" matrix --world loopback
