#!/usr/bin/env bash
# Builds and tests a project that uses each of the targets that find_package(hupstorm) gives, with a
# compiler and its flags.
#   consumer_test.sh PREFIX COMPILER [FLAGS]
set -euo pipefail
prefix=$1 compiler=$2 flags=${3:-}
source=$(dirname "$(readlink -f "$0")")/consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source" "$work/source"  # far from the source tree
cmake -S "$work/source" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_CXX_EXTENSIONS=ON
cmake --build "$work/build" --parallel 2
ctest --test-dir "$work/build" --output-on-failure
