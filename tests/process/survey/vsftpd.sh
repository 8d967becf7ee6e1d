#!/bin/sh
# vsftpd in the foreground: vsftpd.sh PORT FOLDER.
set -eu
mkdir "$2/empty"
cat > "$2/conf" <<END
listen=YES
listen_address=127.0.0.1
listen_port=$1
background=NO
anonymous_enable=YES
secure_chroot_dir=$2/empty
max_clients=0
seccomp_sandbox=NO
END
exec vsftpd "$2/conf"
