#!/bin/sh
# nginx in the foreground: nginx.sh PORT FOLDER. FOLDER is there, and keeps all that nginx writes.
set -eu
here=$(dirname "$0")
sed -e "s|@PORT@|$1|" -e "s|@FOLDER@|$2|" "$here/nginx.conf.in" > "$2/nginx.conf"
PATH=$PATH:/usr/sbin
exec nginx -e "$2/error.log" -p "$2" -c "$2/nginx.conf"
