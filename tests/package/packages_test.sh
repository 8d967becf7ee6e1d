#!/usr/bin/env bash
# Makes the Debian packages, unpacks them without installing them, and looks at what is in them.
#   packages_test.sh SOURCE_TREE BUILD_FOLDER WORK_FOLDER
# Leaves WORK_FOLDER/root, as if it were / with both packages installed, for the other tests.
set -euo pipefail
source=$1 build=$2 work=$3

fail() {
  echo "$*" >&2
  exit 1
}

rm -rf "$work"
mkdir -p "$work/packages"
(cd "$work" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/packages")
for package in hupstorm libhupstorm-dev; do
  file=("$work/packages/${package}"_*.deb)
  [ -e "${file[0]}" ] || fail "there is no package $package"
  dpkg-deb --extract "${file[0]}" "$work/root"
  dpkg-deb --field "${file[0]}" Depends >"$work/$package.depends"
done
grep -q 'libfmt' "$work/hupstorm.depends" || fail "hupstorm should depend on the libraries it loads"
grep -q 'hupstorm (= ' "$work/libhupstorm-dev.depends" ||
  fail "libhupstorm-dev should need this very version of hupstorm"

# cmake --install brings the same files.
cmake --install "$build" --prefix "$work/installed" >"$work/install.log"
diff <(cd "$work/root/usr" && find . -type f | sort) \
  <(cd "$work/installed" && find . -type f | sort) || fail "packages and cmake --install differ"

# Who has the package has neither this tree nor this build. What is looked for are whole paths: a tree
# in /src is not named by "${PREFIX}/share/hupstorm/src", but by "-I/src/kernel".
as_path() { printf '(^|[^\w.})/-]|-[IL])\\Q%s\\E($|[^\w.-])' "$1"; }
if LC_ALL=C grep -rlaP "$(as_path "$source")|$(as_path "$build")" "$work/root"; then
  fail "the files above name folders of this machine"
fi

"$work/root/usr/bin/hupstorm" gate --exec "$work/root/usr/bin/hupstorm serve --port {port}" \
  --fuzz-runs 0 >"$work/gate.log" || fail "the installed command: $(cat "$work/gate.log")"
echo "two packages, $(find "$work/root" -type f | wc -l) files"
