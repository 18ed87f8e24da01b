#!/usr/bin/env bash
# kotlin.sh PROGRAM.kt DIR - compiles a Kotlin program with the compiler of kotlin.sha256, which it gets from Maven Central:
# DIR/NAME.wasm, DIR/NAME-legacy.wasm (with legacy exceptions), and DIR/NAME.txt, what the program prints on a Java virtual
# machine. Needs java 8 or newer and curl.
set -euo pipefail
program=$(realpath "$1")
name=$(basename "$program" .kt)
list=$(realpath "$(dirname "${BASH_SOURCE[0]}")/kotlin.sha256")
mkdir -p "$2"
cd "$2"

while read -r _ file; do
  [ -f "$file" ] || curl --fail --silent --show-error --retry 3 --create-dirs -o "$file" "https://repo.maven.apache.org/maven2/$file"
done <"$list"
sha256sum --check --quiet "$list"

jars=$(sed -n 's/^[^ ]*  \(.*\.jar\)$/\1/p' "$list" | paste -sd:)
standard_library=$(grep -o '[^ ]*/kotlin-stdlib-[0-9.]*\.jar$' "$list")
wasi_library=$(grep -o '[^ ]*\.klib$' "$list")
rm -rf classes wasm

kotlin() { java -cp "$jars" "org.jetbrains.kotlin.cli.$1" -nowarn "${@:2}"; }
wasm() { kotlin js.KotlinWasmCompiler -Xwasm-target=wasm-wasi -libraries "$wasi_library" -ir-output-name "$name" "$@"; }

kotlin jvm.K2JVMCompiler -no-stdlib -no-reflect -cp "$standard_library" -d classes "$program"
main=${name^}Kt
java -cp "classes:$standard_library" "$main" >"$name.txt"

wasm -ir-output-dir wasm/library -Xir-produce-klib-file "$program"
for exceptions in true false; do
  wasm -ir-output-dir wasm/$exceptions -Xinclude="wasm/library/$name.klib" -Xir-produce-js -Xir-dce \
    -Xwasm-enable-array-range-checks -Xwasm-use-new-exception-proposal=$exceptions
done
mv "wasm/true/$name.wasm" "$name.wasm"
mv "wasm/false/$name.wasm" "$name-legacy.wasm"
rm -rf classes wasm
