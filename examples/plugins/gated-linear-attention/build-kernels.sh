#!/usr/bin/env bash
# Compiles src/main/cuda/*.cu, each into a fatbin.
#
#   build-kernels.sh OUT
#
# OUT is the folder of the class that launches them, under target/classes. Without nvcc it says so
# and succeeds: the operation then runs by its definition on GPUs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1

for nvcc in "$(command -v nvcc || true)" "${CUDA_HOME-}/bin/nvcc" /usr/local/cuda/bin/nvcc ""; do
  [ -n "$nvcc" ] && [ -x "$nvcc" ] && break
done
if [ -z "$nvcc" ]; then
  echo "no nvcc on PATH, in CUDA_HOME or in /usr/local/cuda: building without CUDA kernels"
  exit 0
fi

options=(-std=c++17 -O3 -Werror all-warnings)
# Newer versions compress better.
if "$nvcc" --help | grep -- --compress-mode >/dev/null; then options+=(--compress-mode=size); fi

mkdir -p "$out"
for source in "$here"/src/main/cuda/*.cu; do
  made="$out/$(basename "$source" .cu).fatbin"
  [ "$made" -nt "$source" ] && continue
  echo "nvcc $(basename "$source")"
  # Machine code for the chips at hand; newer ones compile the PTX when they load it.
  "$nvcc" "${options[@]}" \
    -gencode arch=compute_80,code=sm_80 \
    -gencode arch=compute_90,code=sm_90 \
    -gencode arch=compute_80,code=compute_80 \
    -fatbin -o "$made.new" "$source"
  mv "$made.new" "$made"
done
