# Runs PROGRAM with GUEST; fails unless it ends well and prints what EXPECTED holds.
execute_process(
  COMMAND "${PROGRAM}" "${GUEST}"
  OUTPUT_VARIABLE output
  RESULT_VARIABLE status)
file(READ "${EXPECTED}" expected)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "exit status ${status}")
endif()
if(NOT output STREQUAL expected)
  message(FATAL_ERROR "printed\n${output}instead of\n${expected}")
endif()
