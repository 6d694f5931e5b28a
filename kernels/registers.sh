#!/usr/bin/env bash
# Prints what the compiler gave each kernel, as a table: registers of a thread, bytes spilled by a
# thread, and static shared memory of a block.
#
#   kernels/registers.sh OUT
#
# OUT  folder that kernels/build.sh wrote
set -euo pipefail

printf '%-18s %-44s %-7s %9s %7s %7s\n' source kernel for registers spilled shared
for log in "$1"/ptxas/*.log; do
  awk -v source="$(basename "$log" .log)" '
    /Compiling entry function/ { kernel = $7; target = $9; gsub(/\047/, "", kernel); gsub(/\047/, "", target) }
    /bytes spill stores/ { spilled = $5 + $9 }
    /Used [0-9]+ registers/ {
      shared = 0
      for (i = 1; i < NF; i++) {
        if ($i == "Used") registers = $(i + 1)
        if ($(i + 2) ~ /^smem/) shared = $i
      }
      printf "%-18s %-44s %-7s %9d %7d %7d\n", source, kernel, target, registers, spilled, shared
    }' "$log"
done | sort
