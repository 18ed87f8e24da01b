# install(): the library, its headers, the CMake package `weft` and weft.pc.
include(CMakePackageConfigHelpers)

set(weft_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")
install(
  TARGETS weft
  EXPORT weftTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/api/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(
  EXPORT weftTargets
  NAMESPACE weft::
  DESTINATION "${weft_package_dir}")

# What a program in C needs beside a static library: the C++ runtime by the compiler's name for it.
set(weft_runtime_libs m)
foreach(library IN ITEMS stdc++ c++)
  if(library IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
    list(PREPEND weft_runtime_libs ${library})
  endif()
endforeach()
list(TRANSFORM weft_runtime_libs PREPEND "-l" OUTPUT_VARIABLE weft_pc_libs_private)
list(JOIN weft_pc_libs_private " " weft_pc_libs_private)
if(BUILD_SHARED_LIBS)
  set(weft_runtime_libs)
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weftConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/weftConfig.cmake" INSTALL_DESTINATION "${weft_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
        DESTINATION "${weft_package_dir}")

# A static library's users link what it needs, a shared one's don't. Programs in C get the C++ runtime by --static.
if(BUILD_SHARED_LIBS)
  set(weft_pc_libs "")
else()
  set(weft_pc_libs " -pthread")
endif()
file(RELATIVE_PATH weft_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" weft_pc_prefix "${weft_pc_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/weft.pc.in" "${PROJECT_BINARY_DIR}/weft.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weft.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
