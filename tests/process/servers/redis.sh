#!/bin/sh
# redis in the foreground, with nothing on disk: redis.sh PORT
exec redis-server --port "$1" --bind 127.0.0.1 --save '' --appendonly no --loglevel warning
