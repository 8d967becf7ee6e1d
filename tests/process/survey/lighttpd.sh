#!/bin/sh
# lighttpd in the foreground: lighttpd.sh PORT FOLDER.
set -eu
printf 'hello\n' > "$2/index.html"
cat > "$2/conf" <<END
server.port = $1
server.bind = "127.0.0.1"
server.document-root = "$2"
index-file.names = ("index.html")
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 3600
server.max-read-idle = 3600
server.max-write-idle = 3600
END
exec lighttpd -D -f "$2/conf"
