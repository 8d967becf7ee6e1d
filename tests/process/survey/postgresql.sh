#!/bin/sh
# PostgreSQL in the foreground, on a copy of one new cluster: postgresql.sh PORT FOLDER CACHE.
set -eu
programs=$(echo /usr/lib/postgresql/*/bin)
if ! [ -d "$3/postgresql" ]; then
  mkdir "$3/postgresql" && chown postgres "$3/postgresql"
  setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/initdb" -D "$3/postgresql" -A trust \
    > /dev/null
fi
cp -a "$3/postgresql" "$2/data"
exec setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/postgres" -D "$2/data" -p "$1" -h 127.0.0.1 -k '' \
  -c max_connections=1500 -c fsync=off
