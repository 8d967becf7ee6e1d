#!/bin/sh
# mosquitto in the foreground: mosquitto.sh PORT FOLDER.
set -eu
printf 'listener %s 127.0.0.1\nallow_anonymous true\nlog_dest none\n' "$1" > "$2/conf"
exec mosquitto -c "$2/conf"
