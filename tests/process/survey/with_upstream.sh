#!/bin/sh
# Starts a correct echo server on a port of its own, and then COMMAND, in which {upstream} is that port:
# with_upstream.sh PUBLIC_BUGS FOLDER COMMAND. FOLDER is there, and is the server's alone. The echo
# is not held: faults and steps inside calls are for the server before it.
set -eu
env -u LD_PRELOAD -u HUPSTORM_DRIVER "$1" 0 --port-file "$2/upstream" &
while ! [ -s "$2/upstream" ]; do sleep 0.01; done
exec sh -c "$(printf '%s' "$3" | sed "s/{upstream}/$(cat "$2/upstream")/g")"
