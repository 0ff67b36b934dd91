# Options shared by every target: C++20, warnings as errors, reproducible floating point.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -fPIC everywhere (not CMake's property, which would give programs -fPIE): libraries go into loadable
# modules, and one precompiled header serves libraries and programs.
add_compile_options(-fPIC)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# -O2 in every optimised build; assertions of our own are plain code and stay on.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Werror -ffp-contract=off)

set(TRADEWIND_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined")
if(TRADEWIND_SANITIZE)
  # Instrumented code makes g++ 12 see uninitialised values inside std::function and std::regex.
  # CAF 0.17.6 binds a reference to an empty tuple through a null pointer at every spawn
  # (detail/init_fun_factory.hpp), hence no check of null references; a null that is read or written
  # still ends the program.
  add_compile_options(-fsanitize=${TRADEWIND_SANITIZE} -fno-sanitize=null
                      -fno-omit-frame-pointer -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${TRADEWIND_SANITIZE})
endif()

find_program(TRADEWIND_CCACHE ccache)
if(TRADEWIND_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TRADEWIND_CCACHE}")
endif()
find_program(TRADEWIND_MOLD mold)
if(TRADEWIND_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Where tools/setup unpacks the pinned wheels (LibTorch, Arrow).
set(TRADEWIND_DEPS "${CMAKE_SOURCE_DIR}/.deps" CACHE PATH "folder of the unpacked wheels")
