# Targets of this repository: layers, the library made of them, tools and benchmarks.
#
#   weft_layer(NAME SOURCES a.cc ... [CATCHING a.cc ...] [LIBS target ...])
#                                                                one layer of the library: OBJECT library weft_NAME;
#                                                                CATCHING: sources that catch exceptions
#   weft_tool(TARGET [OUTPUT name] [INSTALL] SOURCES main.cc ... [LIBS target ...])
#                                                                an executable in the top of the build folder
#   weft_bench(NAME SOURCES a.cc ... [LIBS target ...])          weft-bench-NAME, with Google Benchmark
#
# Includes are written from the repository's root ("interp/core/opcode.h"), public headers as <weft/weft.hpp>.

set_property(GLOBAL PROPERTY USE_FOLDERS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -O2 everywhere: -O3 does nothing for threaded code but make it larger.
# Sections of their own let the linker leave out what nothing uses.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

if(WEFT_SMALL)
  # Unwinding happens in calls only.
  string(REPLACE "-O2" "-Oz -fno-asynchronous-unwind-tables" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
# Only headers of Google Highway: see interp/core/simd_targets.h. One test compares with its library.
pkg_check_modules(libhwy REQUIRED IMPORTED_TARGET libhwy)

if(WEFT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(WEFT_CCACHE_PROGRAM ccache)
  if(WEFT_CCACHE_PROGRAM)
    # Paths below the checkout count as relative, so that another checkout finds what this one compiled.
    set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                 "${WEFT_CCACHE_PROGRAM}")
    set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
  endif()
endif()

if(WEFT_DISPATCH STREQUAL "auto")
  # Tail calls need clang 19's preserve_none and musttail; gcc 12 has neither.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang"
     AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19
     AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(weft_dispatch tail)
  else()
    set(weft_dispatch loop)
  endif()
elseif(WEFT_DISPATCH MATCHES "^(tail|loop)$")
  set(weft_dispatch ${WEFT_DISPATCH})
else()
  message(FATAL_ERROR "WEFT_DISPATCH is auto, tail or loop, not '${WEFT_DISPATCH}'")
endif()

# What every target of ours is compiled with: warnings, sanitizers, the version.
add_library(weft_flags INTERFACE)
target_compile_features(weft_flags INTERFACE cxx_std_23)
target_include_directories(weft_flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/api/include")
target_include_directories(weft_flags SYSTEM INTERFACE ${libhwy_INCLUDE_DIRS})
target_compile_definitions(weft_flags INTERFACE "WEFT_VERSION=\"${PROJECT_VERSION}\"")
if(weft_dispatch STREQUAL "loop")
  target_compile_definitions(weft_flags INTERFACE WEFT_DISPATCH_LOOP=1)
endif()
target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-Wall> $<$<COMPILE_LANGUAGE:C,CXX>:-Wextra>)
# Each float instruction rounds: a fused multiply-add would round once for two.
target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-ffp-contract=off>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # gcc's -Wconversion and -Wshadow report code that is clean by clang's (u8 += u8; a parameter named as a function).
  foreach(flag IN ITEMS -Wconversion -Wno-sign-conversion -Wshadow)
    target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:${flag}>)
  endforeach()
  if(NOT APPLE AND NOT CMAKE_EXE_LINKER_FLAGS MATCHES "fuse-ld")
    find_program(WEFT_LLD NAMES ld.lld-19 ld.lld)
    if(WEFT_LLD)
      target_link_options(weft_flags INTERFACE -fuse-ld=lld)
    endif()
  endif()
else()
  # False positives of gcc 12 at -O2 (std::expected, std::variant, std::string) and clang's attributes.
  foreach(flag IN ITEMS -Wno-attributes -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
                        -Wno-psabi)
    target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:${flag}>)
  endforeach()
endif()
if(WEFT_SMALL AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  # What Highway's target SSE4 is made of: vectors then have no other.
  target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-march=x86-64-v2> $<$<COMPILE_LANGUAGE:C,CXX>:-maes> $<$<COMPILE_LANGUAGE:C,CXX>:-mpclmul>)
  target_compile_definitions(weft_flags INTERFACE HWY_COMPILE_ONLY_STATIC=1 WEFT_SMALL=1)
endif()
# Relocations of tables of pointers take a bit each instead of 24 bytes.
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs WEFT_HAS_RELR)
if(WEFT_HAS_RELR)
  target_link_options(weft_flags INTERFACE -Wl,-z,pack-relative-relocs)
endif()
if(WEFT_WERROR)
  target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-Werror>)
endif()
if(WEFT_SANITIZE)
  target_compile_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE} -fno-omit-frame-pointer
                                              -fno-sanitize-recover=undefined)
  target_link_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE})
endif()
if(WEFT_COVERAGE)
  target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fprofile-instr-generate>
                                              $<$<COMPILE_LANGUAGE:CXX>:-fcoverage-mapping>)
  target_link_options(weft_flags INTERFACE -fprofile-instr-generate)
endif()

# Adds a folder that has a CMakeLists.txt.
function(weft_add_folder dir)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${dir}/CMakeLists.txt")
    add_subdirectory("${PROJECT_SOURCE_DIR}/${dir}" "${PROJECT_BINARY_DIR}/${dir}")
  endif()
endfunction()

# What a build for size compiles a target with. Optimising once more when all is known is worth an eighth of the command;
# the objects hold ordinary code, too, for what links without. NO_RTTI: types of the inside have no names. NO_EXCEPTIONS:
# nothing there throws but an allocation that fails, which then ends the process.
function(weft_small_options target)
  if(NOT WEFT_SMALL)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_RTTI;NO_EXCEPTIONS" "" "")
  if(WEFT_LLD)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-flto> $<$<COMPILE_LANGUAGE:CXX>:-ffat-lto-objects>)
  endif()
  if(arg_NO_RTTI)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
  endif()
  if(arg_NO_EXCEPTIONS)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  endif()
endfunction()

function(weft_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;CATCHING;LIBS")
  weft_no_leftovers(weft_layer "${arg_UNPARSED_ARGUMENTS}")
  set(target weft_${name})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "weft_layer(${name}) has no SOURCES")
  endif()
  add_library(${target} OBJECT ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE weft_flags Threads::Threads ${arg_LIBS})
  set_target_properties(
    ${target}
    PROPERTIES CXX_VISIBILITY_PRESET hidden
               C_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON)
  # The layers of the APIs throw, and cast what embedders made, whose callbacks throw through WASI.
  if(name MATCHES "^(api|c)$")
    weft_small_options(${target})
  elseif(name STREQUAL "wasi")
    weft_small_options(${target} NO_RTTI)
  elseif(name STREQUAL "backend_interp")
    weft_small_options(${target} NO_EXCEPTIONS)
  else()
    weft_small_options(${target} NO_RTTI NO_EXCEPTIONS)
  endif()
  set_source_files_properties(${arg_CATCHING} PROPERTIES COMPILE_OPTIONS -fexceptions)
  set_property(GLOBAL APPEND PROPERTY WEFT_LAYERS ${target})
  set_property(GLOBAL APPEND PROPERTY WEFT_LAYER_LIBS ${arg_LIBS})
endfunction()

# What a shared library exports, and under which version: the C API, and what WEFT_API marks. Templates of the standard
# library, which have no other visibility than the default, are nobody's business.
function(weft_export_symbols target)
  set(version ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${version})
  if(APPLE)
    return()
  endif()
  set(script "${PROJECT_BINARY_DIR}/weft.map")
  file(
    CONFIGURE
    OUTPUT "${script}"
    CONTENT
      "WEFT_@version@ {\n  global:\n    wasm_*;\n    weft_*;\n    _ZN4weft*;\n    _ZNK4weft*;\n    _ZT[ISV]N4weft*;\n  local:\n    *;\n};\n"
    @ONLY)
  target_link_options(${target} PRIVATE "-Wl,--version-script=${script}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${script}")
endfunction()

# Merges the layers into the library `weft`, and into `weft_internal` for tests, which see hidden symbols too.
function(weft_library)
  get_property(layers GLOBAL PROPERTY WEFT_LAYERS)
  get_property(libs GLOBAL PROPERTY WEFT_LAYER_LIBS)
  if(NOT layers)
    message(FATAL_ERROR "no layer of the library was found")
  endif()
  list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)

  function(make_library target kind)
    add_library(${target} ${kind} ${objects})
    target_link_libraries(
      ${target}
      PUBLIC Threads::Threads
      PRIVATE ${libs} ${CMAKE_DL_LIBS} $<BUILD_INTERFACE:weft_flags>)
    target_compile_features(${target} PUBLIC cxx_std_23)
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/api/include>
                                                $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
      weft_export_symbols(${target})
    endif()
  endfunction()

  make_library(weft "")
  add_library(weft::weft ALIAS weft)
  if(BUILD_SHARED_LIBS)
    make_library(weft_internal STATIC)
    set_target_properties(weft_internal PROPERTIES EXCLUDE_FROM_ALL ON)
    set(shared weft)
  else()
    add_library(weft_internal ALIAS weft)
    # For tests: the same objects as a shared library.
    make_library(weft_shared SHARED)
    set_target_properties(weft_shared PROPERTIES OUTPUT_NAME weft EXCLUDE_FROM_ALL ON LIBRARY_OUTPUT_DIRECTORY
                                                                                      "${PROJECT_BINARY_DIR}/shared")
    set(shared weft_shared)
  endif()
  set_property(GLOBAL PROPERTY WEFT_SHARED_LIBRARY ${shared})
endfunction()

function(weft_tool target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "OUTPUT" "SOURCES;LIBS")
  weft_no_leftovers(weft_tool "${arg_UNPARSED_ARGUMENTS}")
  add_executable(${target} ${arg_SOURCES})
  # An installed tool shows that the public API suffices: it links what users link.
  target_link_libraries(${target} PRIVATE weft_flags $<IF:$<BOOL:${arg_INSTALL}>,weft,weft_internal> ${arg_LIBS})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  if(arg_OUTPUT)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME "${arg_OUTPUT}")
  endif()
  if(arg_INSTALL)
    weft_small_options(${target} NO_RTTI)
    # Loading libstdc++ takes a third of the time that an empty program takes, and a fifth of its memory.
    if(NOT APPLE AND NOT BUILD_SHARED_LIBS AND NOT WEFT_SANITIZE)
      target_link_options(${target} PRIVATE -Wl,--gc-sections)
      if(NOT WEFT_SMALL)
        target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -Wl,--as-needed)
      elseif(WEFT_LLD)
        target_link_options(${target} PRIVATE -flto -ffat-lto-objects)
      endif()
      if(WEFT_LLD)
        # Handlers keep their addresses, by which the profiler and the dump know them; a build for size has neither.
        target_link_options(${target} PRIVATE -Wl,--icf=$<IF:$<BOOL:${WEFT_SMALL}>,all,safe>)
      endif()
    endif()
    install(TARGETS ${target} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endfunction()

function(weft_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  weft_no_leftovers(weft_bench "${arg_UNPARSED_ARGUMENTS}")
  find_package(benchmark REQUIRED)
  add_executable(weft-bench-${name} ${arg_SOURCES})
  target_link_libraries(weft-bench-${name} PRIVATE weft_flags weft_internal benchmark::benchmark_main ${arg_LIBS})
  set_target_properties(weft-bench-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  set_property(GLOBAL APPEND PROPERTY WEFT_BENCHMARKS weft-bench-${name})
endfunction()

function(weft_no_leftovers function leftovers)
  if(leftovers)
    message(FATAL_ERROR "${function}: unknown arguments: ${leftovers}")
  endif()
endfunction()
