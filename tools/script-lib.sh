# What quickstart and check share. To be sourced, from the root of the source tree.

logs=build/logs
mkdir -p "$logs"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$'\033[1m' red=$'\033[1;31m' green=$'\033[32m' plain=$'\033[0m'
else
  bold='' red='' green='' plain=''
fi

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# step WHAT COMMAND...: runs a command with its output in a log, and says how long it took. Where it
# fails, shows the end of the log and returns its status.
step() {
  local what=$1 log status=0 start=$SECONDS
  shift
  log=$logs/$(tr -c 'a-zA-Z0-9\n' '-' <<<"$what").log
  printf '  %-44s ' "$what"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    printf '%4d s\n' $((SECONDS - start))
  else
    printf '%sfailed%s after %d s; the end of %s:\n' "$red" "$plain" $((SECONDS - start)) "$log"
    tail -n 60 "$log"
  fi
  return "$status"
}

# install_packages everything|building
install_packages() { step 'packages (installs what is missing)' tools/setup-debian.sh "$@"; }

# configure PRESET: many sources are then compiled as one, which takes half the time where all are. But for
# the preset afl, which shows that each compiles by itself.
configure() {
  local options=(-DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16)
  [ "$1" != afl ] || options=()
  step "configure $1" cmake --preset "$1" "${options[@]}"
}

# build PRESET [TARGET...]: without targets, everything.
build() {
  local preset=$1
  shift
  step "build $preset" cmake --build --preset "$preset" ${1:+--target "$@"}
}

# The names of the fuzz targets of the configured preset libfuzzer.
fuzz_targets() {
  ninja -C build/libfuzzer -t targets all | sed -n 's/^bin\/\(fuzz_[^:]*\):.*/\1/p' | sort
}
