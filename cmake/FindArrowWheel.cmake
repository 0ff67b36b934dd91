# Arrow and Parquet C++ as shipped in the pyarrow wheel that tools/setup unpacks to .deps/pyarrow.
#   ArrowWheel::arrow, ArrowWheel::parquet   imported shared libraries with their headers
# The libraries are named in full: the wheel has no unversioned names. Programs find them by the run path
# that CMake sets for imported libraries.
set(ArrowWheel_ROOT "${TRADEWIND_DEPS}/pyarrow")
find_path(ArrowWheel_INCLUDE_DIR arrow/api.h PATHS "${ArrowWheel_ROOT}/include" NO_DEFAULT_PATH)
find_file(ArrowWheel_ARROW_LIBRARY libarrow.so.2600 PATHS "${ArrowWheel_ROOT}" NO_DEFAULT_PATH)
find_file(ArrowWheel_PARQUET_LIBRARY libparquet.so.2600 PATHS "${ArrowWheel_ROOT}" NO_DEFAULT_PATH)
mark_as_advanced(ArrowWheel_INCLUDE_DIR ArrowWheel_ARROW_LIBRARY ArrowWheel_PARQUET_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowWheel
  REQUIRED_VARS ArrowWheel_ARROW_LIBRARY ArrowWheel_PARQUET_LIBRARY ArrowWheel_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run tools/setup, which unpacks the pyarrow wheel into ${TRADEWIND_DEPS}")

if(ArrowWheel_FOUND AND NOT TARGET ArrowWheel::arrow)
  add_library(ArrowWheel::arrow SHARED IMPORTED)
  set_target_properties(ArrowWheel::arrow PROPERTIES
    IMPORTED_LOCATION "${ArrowWheel_ARROW_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_INCLUDE_DIR}")
  add_library(ArrowWheel::parquet SHARED IMPORTED)
  set_target_properties(ArrowWheel::parquet PROPERTIES
    IMPORTED_LOCATION "${ArrowWheel_PARQUET_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES ArrowWheel::arrow)
endif()
