#!/usr/bin/env bash
# usage: oss_fuzz_test.sh SOURCE-TREE
# Builds the fuzz targets as OSS-Fuzz does: its environment variables and flags, libc++, a source tree
# that nothing may be written to. Then runs each as ClusterFuzz does: in another place, as a user who
# may write to /tmp alone.
set -euo pipefail

source_tree=$(readlink -f "$1")
runs=1000
fewest_seeds=20
base_system='^(linux-vdso|ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libgcc_s)\.so'

work=$(mktemp -d /tmp/oss-fuzz-test-XXXXXX)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
chmod 755 "$work"
export SRC=$work/src OUT=$work/out WORK=$work/work
mkdir -p "$SRC/hupstorm" "$OUT" "$WORK" "$work/tools"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

fingerprint_source() {
  (cd "$SRC" && find . -printf '%P %y %s %T@\n' | sort)
}

# The builder's compiler links libc++ statically and its libFuzzer is complete. Debian's prefers the
# shared libc++, and its libFuzzer wants libstdc++: so here it gets its own, hidden from the rest.
prepare_engine() {
  local llvm=/usr/lib/llvm-14/lib archive libstdcxx
  echo "GROUP($llvm/libc++.a $llvm/libc++abi.a)" >"$work/tools/libc++.a"
  archive=$(clang++-14 -print-file-name=lib/linux/libclang_rt.fuzzer-x86_64.a)
  libstdcxx=$(g++ -print-file-name=libstdc++.a)
  ld -r --force-group-allocation --whole-archive "$archive" --no-whole-archive "$libstdcxx" \
    -o "$work/tools/all.o"
  objcopy --wildcard --keep-global-symbol='LLVMFuzzer*' --keep-global-symbol=main \
    --keep-global-symbol='__sanitizer*' "$work/tools/all.o" "$work/tools/engine.o"
}

build_targets() {
  local flags='-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=int-conversion
    -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -fsanitize=address
    -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link'
  flags=${flags//$'\n'/ }
  # For ccache, where there is one: another temporary folder is no other code.
  export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
  (
    cd "$SRC"
    CC=clang-14 CXX=clang++-14 CFLAGS=$flags CXXFLAGS="$flags -stdlib=libc++" \
      LDFLAGS=-L$work/tools LIB_FUZZING_ENGINE=$work/tools/engine.o SANITIZER=address \
      FUZZING_ENGINE=libfuzzer ARCHITECTURE=x86_64 \
      nice "$SRC/hupstorm/.clusterfuzzlite/build.sh"
  )
}

as_nobody() {
  local change_user=()
  if [ "$(id -u)" -eq 0 ]; then
    change_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  fi
  (cd / && env --ignore-environment PATH=/usr/bin:/bin "${change_user[@]}" "$@")
}

check_libraries() {
  local others
  others=$(ldd "$1" | sed -E 's/^\s*([^ ]*\/)?([^ ]+).*/\2/' | grep -vE "$base_system" || true)
  [ -z "$others" ] || fail "$(basename "$1") needs ${others//$'\n'/ }"
}

# check_target EXECUTABLE SCRATCH-FOLDER
check_target() {
  local executable=$1 scratch=$2 name log max_len arguments=()
  name=$(basename "$executable")
  log=$work/$name.log
  check_libraries "$executable"
  unzip -q "${executable}_seed_corpus.zip" -d "$scratch/seeds" || fail "$name has no seeds"
  chmod -R a+rwX "$scratch"
  [ "$(find "$scratch/seeds" -type f | wc -l)" -ge "$fewest_seeds" ] || fail "$name has few seeds"
  max_len=$(sed -n 's/^max_len = //p' "$executable.options")
  arguments=(-runs="$runs" -seed=1 -max_len="$max_len" -timeout=60 -artifact_prefix="$scratch/")
  [ ! -e "$executable.dict" ] || arguments+=(-dict="$executable.dict")
  as_nobody "$executable" "${arguments[@]}" "$scratch/corpus" "$scratch/seeds" >"$log" 2>&1 ||
    { tail -n 40 "$log" >&2; fail "$name"; }
  grep -q "^Done [0-9]* runs" "$log" || fail "$name did not run"
  if [ "$name" = fuzz_parse_scenario ]; then
    grep -q '^Dictionary: ' "$log" || fail "$name has no dictionary"
  else
    grep -q LLVMFuzzerCustomMutator "$log" || fail "$name goes without the mutator"
  fi
  echo "$name: $(grep '^Done' "$log"), $(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
}

start=$SECONDS
tar -C "$source_tree" --exclude=./build --exclude=./.git --exclude=./out -c . |
  tar -C "$SRC/hupstorm" -x
chmod -R a-w "$SRC"
before=$(fingerprint_source)
prepare_engine
build_targets
diff <(echo "$before") <(fingerprint_source) >&2 || fail "the build wrote into \$SRC"
echo "built in $((SECONDS - start)) s"

chmod -R a-w,a+rX "$OUT"
mv "$OUT" "$work/moved"
rm -rf "$WORK"
targets=0
for options in "$work"/moved/*.options; do
  executable=${options%.options}
  scratch=$work/scratch-$(basename "$executable")
  mkdir -p "$scratch/corpus"
  check_target "$executable" "$scratch"
  targets=$((targets + 1))
done
[ "$targets" -ge 10 ] || fail "there are $targets targets"
echo "$targets targets ran, $((SECONDS - start)) s in all"
