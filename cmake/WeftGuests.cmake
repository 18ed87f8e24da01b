# Guest programs: WebAssembly made from C, C++, Rust and text while building, for tests, examples and benchmarks.
#
#   weft_guest(NAME [CXX] SOURCES a.c ... [SUPPORT b.c ...] [FLAGS flag ...] [NATIVE] [NATIVE_FLAGS flag ...])
#
# makes <build>/guests/NAME.wasm (target guest-NAME, part of the target `guests`). The language follows from the first
# source: .c is C (CXX: C++ all the same), .cc and .cpp are C++ (without exceptions), .rs is Rust (a cdylib; FLAGS `--crate-type bin` for a command),
# .wat is text of all of Wasm 3.0, several sources one after the other, which needs WEFT_CARGO.
# NATIVE also makes <build>/guests/NAME.native from the same SOURCES, so that a test can compare the two outputs; SUPPORT is
# what only the guest needs, as a native system has it.

set(WEFT_GUESTS_DIR "${PROJECT_BINARY_DIR}/guests")

find_program(WEFT_WASM_CC NAMES clang-19 DOC "clang with a wasm32-wasi sysroot, for guest programs in C")
find_program(WEFT_WASM_CXX NAMES clang++-19 DOC "clang++ with a wasm32-wasi sysroot, for guest programs in C++")
# Debian's rustc knows the wasm32-wasi target of its own packages; one from elsewhere in PATH seldom does.
find_program(WEFT_RUSTC NAMES rustc PATHS /usr/bin NO_DEFAULT_PATH DOC "rustc with the target wasm32-wasi")
find_program(WEFT_RUST_WASM_LD NAMES wasm-ld-14 wasm-ld DOC "linker for Rust guests (1.63 needs LLVM 14's)")
find_program(WEFT_CARGO NAMES cargo DOC "cargo 1.88 or newer, for .wat files with all of Wasm 3.0")

add_custom_target(guests)

# The assembler of such files. cargo keeps what it compiles where all build folders find it.
set(weft_suite_dir "${PROJECT_SOURCE_DIR}/spec-tests/suite")
set(weft_converter_dir "${PROJECT_SOURCE_DIR}/build/spec-converter")
set(weft_assembler "${PROJECT_BINARY_DIR}/tests/weft-spec-suite")
add_custom_command(
  OUTPUT "${weft_assembler}"
  COMMAND "${WEFT_CARGO}" build --quiet --locked --manifest-path "${weft_suite_dir}/Cargo.toml" --target-dir
          "${weft_converter_dir}"
  COMMAND "${CMAKE_COMMAND}" -E copy "${weft_converter_dir}/debug/weft-spec-suite" "${weft_assembler}"
  DEPENDS "${weft_suite_dir}/Cargo.toml" "${weft_suite_dir}/Cargo.lock" "${weft_suite_dir}/src/main.rs"
          "${weft_suite_dir}/src/exnref.rs"
  COMMENT "Building the assembler of .wat files"
  VERBATIM)
add_custom_target(wat-assembler DEPENDS "${weft_assembler}")

function(weft_guest name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CXX;NATIVE" "" "SOURCES;SUPPORT;FLAGS;NATIVE_FLAGS")
  weft_no_leftovers(weft_guest "${arg_UNPARSED_ARGUMENTS}")
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  list(TRANSFORM arg_SUPPORT PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  list(GET arg_SOURCES 0 first)
  set(wasm "${WEFT_GUESTS_DIR}/${name}.wasm")
  set(native "${WEFT_GUESTS_DIR}/${name}.native")
  file(MAKE_DIRECTORY "${WEFT_GUESTS_DIR}")
  set(depfile DEPFILE "${wasm}.d")
  set(dep -MMD -MF "${wasm}.d" -MT "${wasm}")

  if(first MATCHES "\\.rs$")
    if(NOT WEFT_RUSTC OR NOT WEFT_RUST_WASM_LD)
      message(FATAL_ERROR "guest ${name}: no rustc in /usr/bin or no wasm-ld; './dev setup test' installs both")
    endif()
    set(crate_type --crate-type cdylib)
    if("--crate-type" IN_LIST arg_FLAGS)
      set(crate_type)
    endif()
    set(command "${WEFT_RUSTC}" --target wasm32-wasi ${crate_type} -C opt-level=3 -C strip=debuginfo -C
                "linker=${WEFT_RUST_WASM_LD}" ${arg_FLAGS} "${first}" -o "${wasm}")
    set(native_command "${WEFT_RUSTC}" -C opt-level=3 ${arg_NATIVE_FLAGS} "${first}" -o "${native}")
    set(depfile)
  elseif(first MATCHES "\\.wat$")
    set(text "${wasm}.wat")
    set(command "${CMAKE_COMMAND}" -E cat ${arg_SOURCES} > "${text}" COMMAND "${weft_assembler}" wat "${text}" "${wasm}")
    list(APPEND arg_SOURCES "${weft_assembler}")
    set(depfile)
  elseif(first MATCHES "\\.c$" AND NOT arg_CXX)
    weft_need_compiler(WEFT_WASM_CC ${name})
    # One compiler run writes one dependency file: with several sources only their own changes count.
    set(command "${WEFT_WASM_CC}" --target=wasm32-wasi -O2 ${arg_FLAGS} ${arg_SOURCES} ${arg_SUPPORT} -o "${wasm}")
    set(native_command "${CMAKE_C_COMPILER}" -O2 ${arg_NATIVE_FLAGS} ${arg_SOURCES} -o "${native}" -lm)
  else()
    weft_need_compiler(WEFT_WASM_CXX ${name})
    set(language)
    if(arg_CXX)
      set(language -xc++)
    endif()
    set(command "${WEFT_WASM_CXX}" --target=wasm32-wasi -O2 -std=c++17 -fno-exceptions ${arg_FLAGS} ${language}
                ${arg_SOURCES} ${arg_SUPPORT} -o "${wasm}")
    set(native_command "${CMAKE_CXX_COMPILER}" -O2 -std=c++17 ${arg_NATIVE_FLAGS} ${language} ${arg_SOURCES} -o
                       "${native}")
  endif()
  list(LENGTH arg_SOURCES count)
  list(LENGTH arg_SUPPORT support_count)
  math(EXPR count "${count} + ${support_count}")
  if(depfile AND count EQUAL 1)
    list(APPEND command ${dep})
  else()
    set(depfile)
  endif()

  add_custom_command(
    OUTPUT "${wasm}"
    COMMAND ${command}
    DEPENDS ${arg_SOURCES} ${arg_SUPPORT} ${depfile}
    COMMENT "Building guest ${name}.wasm"
    VERBATIM)
  set(outputs "${wasm}")
  if(arg_NATIVE)
    add_custom_command(
      OUTPUT "${native}"
      COMMAND ${native_command}
      DEPENDS ${arg_SOURCES}
      COMMENT "Building native ${name}"
      VERBATIM)
    list(APPEND outputs "${native}")
  endif()
  add_custom_target(guest-${name} DEPENDS ${outputs})
  if(first MATCHES "\\.wat$")
    add_dependencies(guest-${name} wat-assembler)
  endif()
  add_dependencies(guests guest-${name})
endfunction()

function(weft_need_compiler variable guest)
  if(NOT ${variable})
    message(FATAL_ERROR "guest ${guest}: no compiler for wasm32-wasi (${variable}); './dev setup' installs clang-19")
  endif()
endfunction()
