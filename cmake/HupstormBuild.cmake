# Compiler settings that every target of this project shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# No library of ours lets another replace its functions, so they may be inlined all the same.
add_compile_options(-fno-semantic-interposition)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE_PROGRAM ccache)
if(HUPSTORM_FUZZ_ENGINE STREQUAL "afl")
  # afl-clang-fast++ instruments all that it compiles, unless a list in its environment leaves it out
  # (ccache does not know that variable). hupstorm_instrument lifts this.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env AFL_LLVM_DENYLIST=${CMAKE_SOURCE_DIR}/cmake/afl_denylist.txt)
elseif(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# A release's objects can be linked as they are, or be optimised as one program: a run is thousands
# of short calls from one library into another. That takes the linker long, so it is done only for
# executables with the property HUPSTORM_WHOLE_PROGRAM.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-flto=auto -ffat-lto-objects)
  add_link_options($<IF:$<BOOL:$<TARGET_PROPERTY:HUPSTORM_WHOLE_PROGRAM>>,-flto=auto,-fno-lto>)
endif()

add_library(hupstorm_options INTERFACE)
target_compile_options(hupstorm_options INTERFACE -Wall -Wextra -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns about overlaps in std::string that cannot be (GCC bug 105329).
  target_compile_options(hupstorm_options INTERFACE -Wno-restrict)
endif()
target_include_directories(hupstorm_options INTERFACE ${CMAKE_SOURCE_DIR})

if(HUPSTORM_SANITIZE)
  add_compile_options(-fsanitize=${HUPSTORM_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HUPSTORM_SANITIZE})
  # The vptr check opens a pipe to look at an object, and reports sound ones as invalid where a test
  # has taken the last descriptor.
  add_compile_options(-fno-sanitize=vptr)
endif()

# hupstorm_library(NAME SOURCES... [OBJECT] [DEPENDS ...])
function(hupstorm_library name)
  cmake_parse_arguments(arg "OBJECT" "" "SOURCES;DEPENDS" ${ARGN})
  if(arg_OBJECT)
    add_library(${name} OBJECT ${arg_SOURCES})
  else()
    add_library(${name} STATIC ${arg_SOURCES})
  endif()
  target_link_libraries(${name} PUBLIC hupstorm_options ${arg_DEPENDS})
endfunction()

# Instruments a library for coverage-guided fuzzing. Only the servers under test are instrumented:
# the kernel and the harness would drown the server's coverage in their own.
function(hupstorm_instrument name)
  if(HUPSTORM_FUZZ_ENGINE STREQUAL "libfuzzer")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  elseif(HUPSTORM_FUZZ_ENGINE STREQUAL "afl")
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
  endif()
endfunction()

# hupstorm_test(NAME SOURCES... DEPENDS ... [PREFIX text]): a GoogleTest executable whose cases CTest
# knows one by one, by their names after the prefix.
function(hupstorm_test name)
  cmake_parse_arguments(arg "" "PREFIX" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE hupstorm_options ${arg_DEPENDS} GTest::gmock_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX "${arg_PREFIX}" DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 900)
endfunction()
