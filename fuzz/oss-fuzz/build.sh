#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite ask for it. From the environment: $SRC with
# hupstorm in it, $WORK for what is temporary, $OUT for what is to be run, the compiler, its flags, and
# $LIB_FUZZING_ENGINE.

source=$SRC/hupstorm
build=$WORK/hupstorm

cmake -S "$source" -B "$build" -G Ninja \
  -DHUPSTORM_FUZZ_ENGINE=external -DHUPSTORM_BUILD_TESTS=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16
cmake --build "$build" --parallel "$(nproc)" --target clean_fuzz_targets

# Seeds are made by a program with the same instrumentation, whose by-products nobody wants.
export ASAN_OPTIONS=detect_leaks=0 LLVM_PROFILE_FILE=/dev/null
seeds=$WORK/seeds
rm -rf "$seeds"
for protocol in echo ack http; do
  "$build/bin/suite_corpus" "$source/scenarios/suite" "$protocol" "$seeds/$protocol"
done
mkdir "$seeds/text"
(cd "$source/scenarios/suite" && find . -name '*.scn' -printf '%P\n') | while read -r scenario; do
  cp "$source/scenarios/suite/$scenario" "$seeds/text/${scenario//\//-}"
done

while read -r target protocol; do
  cp "$build/bin/$target" "$OUT/"
  rm -f "$OUT/${target}_seed_corpus.zip"
  (cd "$seeds/$protocol" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
  max_len=256
  if [ "$protocol" = text ]; then
    max_len=4096
    cp "$source/fuzz/dictionaries/scenario.dict" "$OUT/$target.dict"
  fi
  printf '[libfuzzer]\nmax_len = %d\ntimeout = 10\n' "$max_len" >"$OUT/$target.options"
done <"$build/clean_fuzz_targets.txt"
