#!/usr/bin/env bash
# Makes the archive for hosts without Java: a trimmed JVM, the jars, the examples, and the tests
# that need a GPU.
#
#   dist/make.sh ROOT FOLDER JDK [--quick]
#
# ROOT     the sources, whose modules are built with their tests
# FOLDER   where each module's build lies, such as target/launcher
# JDK      a JDK of the version that the archive shall have
# --quick  compress fast, for a try; the archive is larger
set -euo pipefail

root=$1 folder=$2 jdk=$3 quick=${4-}
here=$root/dist
out=$root/target/dist
cli=$(echo "$root/framework/cli/$folder"/colubrid-cli-*.jar)
version=${cli##*colubrid-cli-}
name=colubrid-${version%.jar}-linux-x86_64
stage=$out/$name

# What jdeps finds in the jars, and what is asked for by name: ImageIO, the Vector API, jars as file systems.
modules=java.base,java.compiler,java.desktop,java.logging,java.management,java.naming,java.xml
modules+=,jdk.incubator.vector,jdk.management,jdk.unsupported,jdk.zipfs

runtime() {
  local key made
  key=$(echo "$modules $("$jdk/bin/java" -version 2>&1)" | cksum | cut -d ' ' -f 1)
  made=$out/cache/runtime-$key
  if [ ! -d "$made" ]; then
    rm -rf "$made.new"
    "$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages \
      --compress zip-0 --output "$made.new" 2>&1 | { grep -v incubator || true; }
    mv "$made.new" "$made"
  fi
  cp -r "$made" "$stage/runtime"
}

# The example of a layer with kernels of its own.
stranger=examples/plugins/gated-linear-attention

# Names of test classes, one an argument of JUnit's, whose source has a text. Those that compile Java
# are left out: the archive has no compiler.
named() {
  local source file
  while IFS= read -r source; do
    file=${source##*/src/test/java/}
    file=${file%.java}
    echo "--select-class=${file//\//.}"
  done < <(cd "$root" &&
    grep -rlF --include='*.java' "$1" {framework,plugins}/*/src/test $stranger/src/test |
    xargs grep -LE 'PluginPacking|JavaCompiler' | sort)
}

# The example is no module of the build: its classes, tests and kernels are made here.
compile_stranger() {
  local made=$out/classes/${stranger##*/}-tests
  local libraries=("$root/framework/cli/$folder"/lib/*.jar "$root/dist/$folder"/lib/*.jar)
  mkdir -p "$made"
  find "$root/$stranger/src" -name '*.java' -exec "$jdk/bin/javac" -nowarn -proc:none \
    --add-modules jdk.incubator.vector -cp "$(IFS=: && echo "${libraries[*]}")" -d "$made" {} + 2>&1 |
    { grep -v incubator || true; }
  cp -r "$root/$stranger/src/main/resources/." "$made"
  "$root/$stranger/build-kernels.sh" "$made/org/example/gla"
}

# The classes of all modules that have tests for a GPU, and the names of those tests: of kernels
# alone, which are small enough for compute-sanitizer, and of layers, models and commands too.
tests() {
  local module
  mkdir -p "$stage/tests/resources" "$out/classes"
  compile_stranger
  named '@Tag("cuda")' >"$stage/tests/gpu-tests"
  grep -vE 'colubrid\.(cli|oracle)\.|LongIndex' "$stage/tests/gpu-tests" | sort -r >"$stage/tests/kernel-tests"
  named 'extends LayerConformance' >>"$stage/tests/gpu-tests"
  for module in framework/{engine,runtime,testkit,cli} "$root"/plugins/*; do
    module=${module#"$root"/}
    cp -r "$root/$module/$folder/test-classes" "$out/classes/${module//\//-}-tests"
  done
  mv "$out/classes/framework-cli-tests/oracles" "$stage/tests/resources"
  "$jdk/bin/java" "$here/Repack.java" "$stage/tests" "$out"/classes/*-tests/ "$root/dist/$folder"/lib/*.jar
  # Every kernel but that of a measurement and what only GPUs before Hopper run, as
  # the sanitizer's log names them.
  awk 'NR > 1 && $1 != "ceiling" && $2 !~ /_anywhere$/ { print $2 " of " $1 }' "$root/kernels/target/cuda/registers.txt" |
    LC_ALL=C sort -u >"$stage/tests/kernels"
  cp "$here/used-kernels.xml" "$stage/tests"
}

compress() {
  if [ -n "$quick" ]; then xz -1 -T0; else xz -9e -T2; fi
}

pack() {
  tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00Z' -c "$@"
}

# What does not change with our sources is compressed once: of an archive in two parts the first
# must not end with the zeros that end an archive.
fixed() {
  local key made
  key=$({ echo "$quick$name"; cat "$stage/runtime/release"; cd "$out" && cksum "${libraries[@]}"; } |
    cksum | cut -d ' ' -f 1)
  made=$out/cache/fixed-$key.tar.xz
  if [ ! -f "$made" ]; then
    pack -b 1 "$name/runtime" "${libraries[@]}" | head -c -1024 | compress >"$made.new"
    mv "$made.new" "$made"
  fi
  cat "$made"
}

rm -rf "$stage" "$out/classes"
mkdir -p "$stage/lib" "$out/cache"
runtime
"$jdk/bin/java" "$here/Repack.java" "$stage/lib" "$root/framework/cli/$folder"/lib/*.jar
"$jdk/bin/java" "$here/Repack.java" "$stage" "$cli"
mv "$stage/${cli##*/}" "$stage/colubrid.jar"
tests
cp "$here/colubrid" "$here/sanitize" "$root/LICENSE" "$stage"
cp "$here/README.md" "$stage"
(cd "$root" && tar -c --exclude=target examples) | tar -C "$stage" -x

libraries=() ours=()
for file in "$stage"/lib/*; do
  case $file in
    */lib/colubrid-*) ours+=("$name/lib/${file##*/}") ;;
    *) libraries+=("$name/lib/${file##*/}") ;;
  esac
done
{
  fixed
  pack "${ours[@]}" "$name/colubrid" "$name/sanitize" "$name/colubrid.jar" "$name/tests" \
    "$name/examples" "$name/LICENSE" "$name/README.md" | compress
} >"$out/$name.tar.xz.new"
mv "$out/$name.tar.xz.new" "$out/$name.tar.xz"
echo "target/dist/$name.tar.xz: $(($(wc -c <"$out/$name.tar.xz") / 1000000)) MB"
