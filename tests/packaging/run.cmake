# Run by ctest; see CMakeLists.txt. All paths come in the environment.
set(scratch "$ENV{WEFT_SCRATCH}")
set(prefix "${scratch}/prefix")
file(REMOVE_RECURSE "${scratch}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(run_consumer program)
  run("${CMAKE_COMMAND}" -E env "LD_LIBRARY_PATH=${prefix}/$ENV{WEFT_LIBDIR}" "${program}")
  if(NOT output STREQUAL "5 + 3 = 8\n")
    message(FATAL_ERROR "${program} printed '${output}'")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "$ENV{WEFT_BUILD}" --prefix "${prefix}")

run("${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${scratch}/cmake" "-DCMAKE_PREFIX_PATH=${prefix}"
    "-DCMAKE_CXX_COMPILER=$ENV{WEFT_CXX}" "-DCMAKE_CXX_FLAGS=$ENV{WEFT_CXX_FLAGS}")
run("${CMAKE_COMMAND}" --build "${scratch}/cmake")
run_consumer("${scratch}/cmake/consumer")

set(ENV{PKG_CONFIG_PATH} "${prefix}/$ENV{WEFT_LIBDIR}/pkgconfig")
run(pkg-config --cflags --libs weft)
separate_arguments(flags UNIX_COMMAND "${output} $ENV{WEFT_CXX_FLAGS}")
run("$ENV{WEFT_CXX}" -std=c++23 "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cc" -o "${scratch}/consumer" ${flags})
run_consumer("${scratch}/consumer")

run(pkg-config --modversion weft)
