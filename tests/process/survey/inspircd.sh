#!/bin/sh
# InspIRCd in the foreground: inspircd.sh PORT FOLDER.
set -eu
mkdir "$2/data"
cat > "$2/conf" <<END
<server name="irc.example.net" description="test" network="test" id="1AB">
<admin name="a" nick="a" email="a@example.net">
<bind address="127.0.0.1" port="$1" type="clients">
<connect allow="*" timeout="3600" localmax="10000" globalmax="10000" resolvehostnames="no">
<path configdir="$2" datadir="$2/data" logdir="$2" runtimedir="$2">
<security runasuser="nobody">
END
exec inspircd --nofork --runasroot --nopid --config "$2/conf"
