#!/bin/sh
# haproxy in TCP mode, in the foreground: haproxy.sh PORT FOLDER UPSTREAM.
set -eu
cat > "$2/conf" <<END
global
  maxconn 5000
defaults
  mode tcp
  timeout connect 1h
  timeout client 1h
  timeout server 1h
listen echo
  bind 127.0.0.1:$1
  server one 127.0.0.1:$3
END
exec haproxy -db -q -f "$2/conf"
