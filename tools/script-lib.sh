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

install_packages() { step 'packages (installs what is missing)' tools/setup-debian.sh; }

configure() { step "configure $1" cmake --preset "$1"; }

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

# fuzz NAME SECONDS SEEDS OUT: one libFuzzer target for so long, its log in OUT/NAME.log and inputs
# that fail in OUT/NAME-crash-*. Returns libFuzzer's status.
fuzz() {
  local name=$1 seconds=$2 seeds=$3 out=$4
  mkdir -p "$out/$name-corpus"
  build/libfuzzer/bin/"$name" -max_total_time="$seconds" -max_len=256 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$out/$name-" \
    "$out/$name-corpus" "$seeds" >"$out/$name.log" 2>&1 </dev/null
}

# The number of runs that a campaign's log tells of.
fuzz_runs() {
  sed -n -e 's/^#\([0-9]*\).*/\1/p' -e 's/^stat::number_of_executed_units: *//p' "$1" |
    sort -n | tail -n 1
}
