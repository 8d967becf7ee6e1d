#!/bin/sh
# ngircd in the foreground: ngircd.sh PORT FOLDER.
set -eu
cat > "$2/conf" <<END
[Global]
Name = irc.example.net
Info = test
Listen = 127.0.0.1
Ports = $1
ServerUID = nobody
ServerGID = nogroup
MotdPhrase = hello
[Limits]
MaxConnections = 10000
MaxConnectionsIP = 10000
[Options]
Ident = no
DNS = no
PAM = no
END
exec ngircd -n -f "$2/conf"
