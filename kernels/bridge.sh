#!/usr/bin/env bash
# Makes the bridge from cuBLAS 12 to 13, unless it is there: a library by the name of the former
# that jumps to the functions of the latter.
#
#   kernels/bridge.sh OUT JCUBLAS
#
# OUT      folder that receives libcublas.so.12
# JCUBLAS  libJCublas2-*.so, whose imports the bridge provides
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
jcublas=$2
made=$out/libcublas.so.12
[ "$made" -nt "$jcublas" ] && exit

mkdir -p "$out"
echo "bridge from cuBLAS 12 to 13"
nm -D --undefined-only "$jcublas" | grep -o 'cublas[A-Za-z0-9_]*' | sort -u >"$out/symbols"
{
  echo '.text'
  awk '{ printf ".globl %s\n.type %s,@function\n%s: jmp *colubrid_bridge_targets+%d(%%rip)\n",
         $1, $1, $1, 8 * (NR - 1) }' "$out/symbols"
  echo '.section .rodata'
  awk '{ printf "name%d: .string \"%s\"\n", NR, $1 }' "$out/symbols"
  echo '.section .data.rel.ro,"aw"'
  echo '.globl colubrid_bridge_names'
  echo '.hidden colubrid_bridge_names'
  echo 'colubrid_bridge_names:'
  awk '{ printf ".quad name%d\n", NR } END { print ".quad 0" }' "$out/symbols"
  echo '.bss'
  echo '.globl colubrid_bridge_targets'
  echo '.hidden colubrid_bridge_targets'
  echo '.balign 8'
  awk 'END { printf "colubrid_bridge_targets: .zero %d\n", 8 * NR }' "$out/symbols"
  echo '.section .note.GNU-stack,"",@progbits'
} >"$out/table.s"
echo 'libcublas.so.12 { global: cublas*; local: *; };' >"$out/versions"
gcc -shared -fPIC -O2 -Wall -Werror -Wl,-soname,libcublas.so.12 \
  -Wl,--version-script="$out/versions" -o "$made.new" \
  "$here/cublas_bridge/bridge.c" "$out/table.s" -ldl
mv "$made.new" "$made"
