# Targets that judge the sources: format, tidy, coverage-report.

find_program(WEFT_CLANG_FORMAT NAMES clang-format-19)
find_program(WEFT_CLANG_TIDY NAMES clang-tidy-19)
find_package(Python3 COMPONENTS Interpreter QUIET)

if(Python3_FOUND)
  add_custom_target(
    format-check
    COMMAND Python3::Interpreter tests/style/check_format.py
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    VERBATIM)
  add_custom_target(
    tidy
    COMMAND Python3::Interpreter tests/style/check_tidy.py "${PROJECT_BINARY_DIR}"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    USES_TERMINAL VERBATIM)
endif()

if(WEFT_COVERAGE)
  # After ctest: what of the library the tests reached.
  add_custom_target(
    coverage-report
    COMMAND sh "${PROJECT_SOURCE_DIR}/cmake/coverage.sh" "${PROJECT_BINARY_DIR}"
    USES_TERMINAL VERBATIM)
endif()
