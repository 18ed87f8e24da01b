# Run by ctest: the stripped command has at most WEFT_MOST_BYTES.
set(stripped "$ENV{WEFT_SCRATCH}")
execute_process(COMMAND "$ENV{WEFT_STRIP}" -o "${stripped}" "$ENV{WEFT_COMMAND}" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "$ENV{WEFT_STRIP} ended with ${result}")
endif()
file(SIZE "${stripped}" bytes)
message(STATUS "${bytes} bytes of at most $ENV{WEFT_MOST_BYTES}")
if(bytes GREATER "$ENV{WEFT_MOST_BYTES}")
  message(FATAL_ERROR "the stripped command has ${bytes} bytes, more than $ENV{WEFT_MOST_BYTES}; docs/performance.md tells \
what it is made of, 'size -A' and 'nm --size-sort' what has grown")
endif()
