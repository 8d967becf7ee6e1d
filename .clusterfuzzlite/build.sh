#!/bin/bash -eu
# The same as for OSS-Fuzz.
exec "$SRC/hupstorm/fuzz/oss-fuzz/build.sh"
