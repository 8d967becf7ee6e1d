#!/bin/sh
# Builds one of the list's servers: build.sh NAME FOLDER.
set -eu
here=$(dirname "$0")
from=$here/servers
out=$2/$1
case $1 in
  public_bugs)
    from=$here/../public_bugs
    exec g++ -std=c++20 -O1 -pthread -o "$out" "$from/loop.cc" "$from/public_bugs.cc" "$from/worker.cc"
    ;;
  libuv_echo) exec g++ -std=c++20 -O1 -o "$out" "$here/../servers/libuv_echo.cc" -luv ;;
  libevent_echo)
    exec g++ -std=c++20 -O1 -o "$out" "$here/../../../bench/servers/peers/libevent_bufferevents.cc" -levent_core
    ;;
  libev_echo) exec gcc -O1 -o "$out" "$from/libev_echo.c" -lev ;;
  microhttpd_hello) exec gcc -O1 -o "$out" "$from/microhttpd_hello.c" -lmicrohttpd ;;
  boost_echo) exec g++ -std=c++17 -O1 -pthread -o "$out" "$from/boost_echo.cc" ;;
  httplib_hello) exec g++ -std=c++17 -O1 -pthread -o "$out" "$from/httplib_hello.cc" -lcpp-httplib ;;
  *_go) exec go build -o "$out" "$from/${1%_go}.go" ;;
  *_rs) exec rustc -O -o "$out" "$from/${1%_rs}.rs" ;;
  *Echo) exec javac -d "$2" "$from/$1.java" ;;
esac
echo "build.sh: $1: unknown" >&2
exit 2
