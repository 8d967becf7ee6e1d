#!/bin/sh
# Apache httpd with threads and events, in the foreground: apache.sh PORT FOLDER.
set -eu
printf 'hello\n' > "$2/index.html"
modules=/usr/lib/apache2/modules
cat > "$2/conf" <<END
Listen 127.0.0.1:$1
ServerName localhost
ServerRoot $2
DefaultRuntimeDir $2
DocumentRoot $2
PidFile $2/pid
ErrorLog /dev/stderr
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule dir_module $modules/mod_dir.so
User nobody
Group nogroup
StartServers 1
ServerLimit 4
MaxRequestWorkers 100
END
exec apache2 -D FOREGROUND -f "$2/conf"
