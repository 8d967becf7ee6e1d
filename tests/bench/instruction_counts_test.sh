#!/usr/bin/env bash
# instruction_counts_test.sh ROOT BUILD FOLDER: tools/instruction-counts fails where a run takes more
# instructions than its file says, and says what to do in every other case.
set -euo pipefail
root=$1 build=$2 folder=$3
command -v valgrind >/dev/null || exit 77 # skipped
mkdir -p "$folder"
file=$folder/counts.txt

# expect STATUS TEXT ARGUMENT...: exits so, and prints that.
expect() {
  local wanted=$1 text=$2 status=0 output
  shift 2
  output=$("$root/tools/instruction-counts" --build "$build" --only echo "$@" 2>&1) || status=$?
  if [ "$status" -ne "$wanted" ] || [[ $output != *"$text"* ]]; then
    echo "instruction-counts $*: exit code $status, not $wanted, or without '$text': $output"
    exit 1
  fi
}

# scaled PERCENT: the file, with its count changed so.
scaled() { awk -v percent="$1" '/^#/ {print; next} {print $1, int($2 * percent / 100)}' "$file"; }

rm -f "$file"
expect 2 'write it by --update' --file "$file"
expect 0 '' --file "$file" --update
[ "$(grep -c '^echo [0-9]*$' "$file")" = 1 ]
# Counts repeat: to a thousandth, however busy the machine is.
expect 0 '0.0' --file "$file" --margin 0.1

scaled 90 >"$folder/lower.txt"
expect 1 '% more instructions than before' --file "$folder/lower.txt"
expect 0 '+11.11 %' --file "$folder/lower.txt" --margin 12
scaled 110 >"$folder/higher.txt"
expect 1 'Better than the file says' --file "$folder/higher.txt"
sed 's/^# Compiler: .*/# Compiler: another 1.0/' "$folder/lower.txt" >"$folder/another.txt"
expect 0 'counts cannot be compared' --file "$folder/another.txt"
sed 's/^echo .*/echo many/' "$file" >"$folder/no-count.txt"
expect 2 'no-count.txt:3: not a name and a count' --file "$folder/no-count.txt"
expect 3 'is not there: cmake --build' --file "$file" --build "$folder"
