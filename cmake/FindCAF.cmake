# FindCAF: locate the C++ Actor Framework where no package config is shipped
# (Debian's libcaf-dev has neither CMake config nor pkg-config files).
#
#   find_package(CAF 0.17.6 REQUIRED COMPONENTS core [io] [openssl])
#
# Defines CAF_FOUND, CAF_VERSION and the imported targets CAF::<component>.
include(FindPackageHandleStandardArgs)
find_package(Threads REQUIRED)

find_path(CAF_INCLUDE_DIR NAMES caf/config.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)
if(CAF_INCLUDE_DIR)
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_line
       REGEX "^#define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" _caf_num "${_caf_line}")
  math(EXPR _caf_major "${_caf_num} / 10000")
  math(EXPR _caf_minor "(${_caf_num} / 100) % 100")
  math(EXPR _caf_patch "${_caf_num} % 100")
  set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
endif()

set(_caf_need CAF_INCLUDE_DIR)
if(NOT CAF_FIND_COMPONENTS)
  set(CAF_FIND_COMPONENTS core)
endif()
foreach(_c IN LISTS CAF_FIND_COMPONENTS)
  string(TOUPPER "${_c}" _C)
  find_library(CAF_${_C}_LIBRARY NAMES "caf_${_c}")
  mark_as_advanced(CAF_${_C}_LIBRARY)
  if(CAF_${_C}_LIBRARY)
    set(CAF_${_c}_FOUND TRUE)
  endif()
endforeach()

find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_INCLUDE_DIR CAF_CORE_LIBRARY
  VERSION_VAR CAF_VERSION HANDLE_COMPONENTS)

if(CAF_FOUND)
  foreach(_c IN LISTS CAF_FIND_COMPONENTS)
    string(TOUPPER "${_c}" _C)
    if(NOT TARGET CAF::${_c} AND CAF_${_C}_LIBRARY)
      add_library(CAF::${_c} UNKNOWN IMPORTED)
      set_target_properties(CAF::${_c} PROPERTIES
        IMPORTED_LOCATION "${CAF_${_C}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")
      if(_c STREQUAL "core")
        target_link_libraries(CAF::core INTERFACE Threads::Threads)
      else()
        target_link_libraries(CAF::${_c} INTERFACE CAF::core)
      endif()
    endif()
  endforeach()
  if(TARGET CAF::openssl AND TARGET CAF::io)
    find_package(OpenSSL REQUIRED)
    target_link_libraries(CAF::openssl INTERFACE CAF::io OpenSSL::SSL)
  endif()
endif()
