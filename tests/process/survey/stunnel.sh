#!/bin/sh
# stunnel as a client of itself, so that both ends speak plain text: stunnel.sh PORT FOLDER UPSTREAM.
set -eu
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 30 \
  -keyout "$2/key" -out "$2/certificate" 2>/dev/null
cat > "$2/conf" <<END
foreground = yes
pid =
debug = 3
TIMEOUTclose = 3600
[client]
client = yes
accept = 127.0.0.1:$1
connect = $2/tls
[server]
accept = $2/tls
connect = 127.0.0.1:$3
cert = $2/certificate
key = $2/key
END
exec stunnel4 "$2/conf"
