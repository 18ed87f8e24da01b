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

set(ENV{PKG_CONFIG_PATH} "${prefix}/$ENV{WEFT_LIBDIR}/pkgconfig")
run(pkg-config --modversion weft)

# What is in the folder `consumer`, by find_package and by pkg-config.
function(check_consumer consumer compiler_variable standard source pkg_config_flags)
  set(compiler "$ENV{WEFT_${compiler_variable}}")
  set(flags "$ENV{WEFT_FLAGS_${compiler_variable}}")
  run("${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}/${consumer}" -B "${scratch}/${consumer}-cmake"
      "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_${compiler_variable}_COMPILER=${compiler}"
      "-DCMAKE_${compiler_variable}_FLAGS=${flags}")
  run("${CMAKE_COMMAND}" --build "${scratch}/${consumer}-cmake")
  run_consumer("${scratch}/${consumer}-cmake/consumer")

  run(pkg-config --cflags --libs ${pkg_config_flags} weft)
  separate_arguments(flags UNIX_COMMAND "${output} ${flags}")
  run("${compiler}" ${standard} "${CMAKE_CURRENT_LIST_DIR}/${consumer}/${source}" -o "${scratch}/${consumer}-pkg-config" ${flags})
  run_consumer("${scratch}/${consumer}-pkg-config")
endfunction()

check_consumer(consumer CXX -std=c++23 main.cc "")
check_consumer(consumer_c C -std=c99 main.c "$ENV{WEFT_PKG_CONFIG_C}")
