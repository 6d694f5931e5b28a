#!/usr/bin/env bash
# Compiles the CUDA sources: one fatbin a source file, and the bridge from cuBLAS 12 to 13.
#
#   kernels/build.sh OUT [JCUBLAS]
#
# OUT      folder that receives fatbin/ and bridge/
# JCUBLAS  libJCublas2-*.so, whose imports the bridge provides; without it no bridge is built
#
# Only what is older than its sources is compiled again. Without nvcc it says so and succeeds:
# everything but CUDA works.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
jcublas=${2-}

find_nvcc() {
  local candidate
  for candidate in "$(command -v nvcc || true)" "${CUDA_HOME-}/bin/nvcc" /usr/local/cuda/bin/nvcc; do
    [ -n "$candidate" ] && [ -x "$candidate" ] && echo "$candidate" && return
  done
  return 1
}

if ! nvcc=$(find_nvcc); then
  echo "no nvcc on PATH, in CUDA_HOME or in /usr/local/cuda: building without CUDA kernels"
  exit 0
fi

# Hopper's own instructions need sm_90a; newer chips compile the PTX when they load it.
targets=(
  -gencode arch=compute_80,code=sm_80
  -gencode arch=compute_90a,code=sm_90a
  -gencode arch=compute_80,code=compute_80
)

# Fatbins are compressed well where nvcc knows how.
options=(-std=c++17 -O3 -Xptxas -v -Werror all-warnings -I "$here")
if "$nvcc" --help | grep -- --compress-mode >/dev/null; then options+=(--compress-mode=size); fi

compile() { # SOURCE
  local name log
  name=$(basename "$1" .cu)
  log="$out/ptxas/$name.log"
  echo "nvcc $(basename "$(dirname "$1")")/$name"
  if ! "$nvcc" "${options[@]}" "${targets[@]}" \
    -fatbin -o "$out/fatbin/$name.fatbin.new" "$1" >"$log" 2>&1; then
    grep -v '^ptxas info' "$log" >&2
    return 1
  fi
  mv "$out/fatbin/$name.fatbin.new" "$out/fatbin/$name.fatbin"
}

# Whether a fatbin is missing, or older than its source or a header of its folder or the common one.
is_stale() { # SOURCE
  local made header
  made="$out/fatbin/$(basename "$1" .cu).fatbin"
  for header in "$1" "$(dirname "$1")"/*.cuh "$here"/common/*.cuh; do
    if [ -e "$header" ] && [ ! "$made" -nt "$header" ]; then return 0; fi
  done
  return 1
}

mkdir -p "$out/fatbin" "$out/ptxas"
# Two builds at once would write the same files.
exec 9>"$out/lock"
flock 9
running=0
failed=0
for source in "$here"/*/*.cu; do
  is_stale "$source" || continue
  if [ "$running" -ge "$(nproc)" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  compile "$source" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
[ "$failed" = 0 ]

"$here/registers.sh" "$out" >"$out/registers.txt"

if [ -n "$jcublas" ]; then "$here/bridge.sh" "$out/bridge" "$jcublas"; fi
