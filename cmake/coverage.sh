#!/bin/sh
# Usage: coverage.sh BUILD-DIR, after ctest there. Prints a table by file and writes BUILD-DIR/coverage/html/index.html.
set -eu
cd "$1"
llvm-profdata-19 merge -sparse coverage/*.profraw -o coverage/all.profdata
objects=
for exe in weft weft-spectest tests/weft-test-*; do
  [ -x "$exe" ] && objects="$objects -object $exe"
done
# shellcheck disable=SC2086
llvm-cov-19 report $objects -instr-profile=coverage/all.profdata -ignore-filename-regex='/(tests|spec-tests|usr)/'
# shellcheck disable=SC2086
llvm-cov-19 show $objects -instr-profile=coverage/all.profdata -ignore-filename-regex='/(tests|spec-tests|usr)/' \
  -format=html -output-dir=coverage/html
