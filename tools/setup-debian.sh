#!/usr/bin/env bash
# Installs what building, testing and fuzzing hupstorm takes, on Debian 12 or later: what is missing
# only, so that it needs neither root nor a network where all is there. The one list of packages.
#   tools/setup-debian.sh            everything
#   tools/setup-debian.sh building   without what only the tests run
#   tools/setup-debian.sh command    what building and installing the command takes, and no more
set -euo pipefail

command=(
  g++ cmake ninja-build
  libcli11-dev libfmt-dev libpugixml-dev node-d3 nlohmann-json3-dev
  libdw-dev libmnl-dev pkg-config gzip
)
building=(
  libgtest-dev libgmock-dev librapidcheck-dev
  libevent-dev libuv1-dev          # echo servers on them, for tests and hupstorm_bench servers
  libasio-dev                      # one more, for hupstorm_bench servers
  clang-14 libclang-rt-14-dev      # sanitizers and libFuzzer
  llvm-14                          # llvm-symbolizer, for readable sanitizer reports
  afl++
  python3                          # some tests; CMake looks for it
)
testing=(
  clang-format-14
  libc++-14-dev libc++abi-14-dev zip unzip         # the fuzz targets as OSS-Fuzz builds them
  dpkg-dev file                                    # Debian packages
  socat ncat redis-server nginx                    # servers that are not ours
  bash zsh fish groff-base mandoc                  # completion, manual pages
  libxml2-utils python3-jsonschema python3-yaml    # reports and workflows, held to their schemas
  chromium chromium-driver python3-selenium        # the gate's report, opened in a browser
  shellcheck yamllint                              # scripts and workflows
  gnuplot-nox                                      # the plots of hupstorm_bench
  valgrind                                         # instructions of a run, counted
  iproute2                                         # a network for the matrix on the real kernel
)
case "${1:-everything}" in
  everything) packages=("${command[@]}" "${building[@]}" "${testing[@]}") ;;
  building) packages=("${command[@]}" "${building[@]}") ;;
  command) packages=("${command[@]}") ;;
  *)
    echo "usage: $0 [building|command]" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian; please install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Packages are missing, and only root may install them. As root:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo env DEBIAN_FRONTEND=noninteractive)
fi
export DEBIAN_FRONTEND=noninteractive

# Debian starts a server's service when its package is installed, and at each boot. The tests start
# their own: here it is not started, and not enabled. A service that was there before is left alone.
services=()
for package in "${missing[@]}"; do
  case "$package" in redis-server | nginx) services+=("$package") ;; esac
done
policy=/usr/sbin/policy-rc.d
if [ ${#services[@]} -gt 0 ] && [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
fi
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
if [ ${#services[@]} -gt 0 ] && command -v systemctl >/dev/null; then
  "${as_root[@]}" systemctl --quiet disable "${services[@]}" || true
fi
