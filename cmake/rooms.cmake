# tradewind_room(NAME SOURCES ... USES ... [PRIVATE_LIBS ...])
#   One folder, one static library `tradewind_NAME` (alias tradewind::NAME). USES names other rooms;
#   PRIVATE_LIBS names third-party targets that only this room's sources may see.
function(tradewind_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;PRIVATE_LIBS" ${ARGN})
  if(ROOM_SOURCES)
    add_library(tradewind_${name} STATIC ${ROOM_SOURCES})
    set(visibility PUBLIC)
    if(ROOM_PRIVATE_LIBS)
      target_link_libraries(tradewind_${name} PRIVATE ${ROOM_PRIVATE_LIBS})
    endif()
  else()
    add_library(tradewind_${name} INTERFACE)
    set(visibility INTERFACE)
  endif()
  add_library(tradewind::${name} ALIAS tradewind_${name})
  target_include_directories(tradewind_${name} ${visibility} "${CMAKE_SOURCE_DIR}")
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(tradewind_${name} ${visibility} tradewind::${used})
  endforeach()
endfunction()

# tradewind_test(NAME SOURCES ... USES ... [LIBS ...])
#   One Catch2 program per room: build/tests/test_NAME, run by tools/test. Sources include
#   "tests/catch.hpp" (precompiled); tests/main.cpp brings main(). Test data files are found by
#   test_data() of "tests/test_data.hpp". Test sources are compiled at -O1: Catch2 and RapidCheck
#   templates are most of a build, and the rooms under test keep their own optimisation. At -O1
#   g++ 12 takes an empty std::optional for an uninitialised value, so that one warning is off.
set(TRADEWIND_TEST_OPTIONS -O1 -Wno-maybe-uninitialized)
function(tradewind_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE tradewind_test_main rapidcheck ${TEST_LIBS})
  target_compile_options(test_${name} PRIVATE ${TRADEWIND_TEST_OPTIONS})
  target_precompile_headers(test_${name} REUSE_FROM tradewind_test_main)
  foreach(used IN LISTS TEST_USES)
    target_link_libraries(test_${name} PRIVATE tradewind::${used})
  endforeach()
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
