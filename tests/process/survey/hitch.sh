#!/bin/sh
# hitch in the foreground; its clients here never shake hands: hitch.sh PORT FOLDER.
set -eu
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 30 \
  -keyout "$2/key" -out "$2/certificate" 2>/dev/null
cat "$2/key" "$2/certificate" > "$2/pem"
chmod -R a+rX "$2"
exec hitch --daemon=off --user=nobody --quiet --workers=1 --frontend="[127.0.0.1]:$1" \
  --backend="[127.0.0.1]:1" "$2/pem"
