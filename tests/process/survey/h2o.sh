#!/bin/sh
# h2o with two threads, in the foreground: h2o.sh PORT FOLDER.
set -eu
printf 'hello\n' > "$2/index.html"
cat > "$2/conf" <<END
listen:
  host: 127.0.0.1
  port: $1
num-threads: 2
user: nobody
error-log: $2/error.log
hosts:
  default:
    paths:
      /:
        file.dir: $2
END
exec h2o -c "$2/conf"
