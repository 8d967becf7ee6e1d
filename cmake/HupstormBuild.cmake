# Compiler settings that every target of this project shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# No library of ours lets another replace its functions, so they may be inlined all the same.
add_compile_options(-fno-semantic-interposition)

# An external engine's compiler and flags come from the environment, and nothing is added to them.
if(NOT CMAKE_BUILD_TYPE AND NOT HUPSTORM_FUZZ_ENGINE STREQUAL "external")
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CMAKE_CXX_COMPILER MATCHES "/afl-[^/]*$")
  # afl-clang-fast++ instruments all that it compiles, unless a list in its environment leaves it out
  # (ccache does not know that variable). hupstorm_instrument lifts this.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env AFL_LLVM_DENYLIST=${CMAKE_SOURCE_DIR}/cmake/afl_denylist.txt)
elseif(CCACHE_PROGRAM)
  # Without this it would not know what to do about precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

# A release's objects can be linked as they are, or be optimised as one program: a run is thousands
# of short calls from one library into another. That takes the linker long, so it is done only for
# executables with the property HUPSTORM_WHOLE_PROGRAM.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-flto=auto -ffat-lto-objects)
  add_link_options($<IF:$<BOOL:$<TARGET_PROPERTY:HUPSTORM_WHOLE_PROGRAM>>,-flto=auto,-fno-lto>)
endif()

add_library(hupstorm_options INTERFACE)
if(HUPSTORM_FUZZ_ENGINE STREQUAL "external")
  # The flags in the environment instrument all code: take that back where the compiler can.
  include(CheckCXXSourceCompiles)
  set(no_coverage "-fno-sanitize-coverage=edge,inline-8bit-counters,indirect-calls,pc-table,\
stack-depth,trace-cmp,trace-div,trace-pc-guard")
  set(CMAKE_REQUIRED_FLAGS ${no_coverage})
  check_cxx_source_compiles("int main() { return 0; }" HUPSTORM_HAS_NO_SANITIZE_COVERAGE)
  unset(CMAKE_REQUIRED_FLAGS)
  if(HUPSTORM_HAS_NO_SANITIZE_COVERAGE)
    target_compile_options(hupstorm_options INTERFACE
      "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:HUPSTORM_INSTRUMENTED>>>:${no_coverage}>")
  endif()
else()
  target_compile_options(hupstorm_options INTERFACE "$<BUILD_INTERFACE:-Wall;-Wextra>")
  set(CMAKE_COMPILE_WARNING_AS_ERROR ON)  # cmake --compile-no-warning-as-error, for other compilers
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns about overlaps and sizes in std::string that cannot be (GCC bugs 105329 and 105651), of
  # the latter only if <string> is precompiled.
  target_compile_options(hupstorm_options INTERFACE
    "$<BUILD_INTERFACE:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>")
endif()
target_compile_features(hupstorm_options INTERFACE cxx_std_20)
# Our headers include one another by their paths from here; installed, users write
# <hupstorm/target/target.h>.
target_include_directories(hupstorm_options INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
  $<INSTALL_INTERFACE:include>
  $<INSTALL_INTERFACE:include/hupstorm>)

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

# hupstorm_compile_apart(TARGET SOURCES...): also if CMAKE_UNITY_BUILD compiles many sources as one (which
# takes half the time, so tools/check does it): these have names of their own that others have too.
function(hupstorm_compile_apart target)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target}
                              PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# Instruments a library for coverage-guided fuzzing. Only the servers under test are instrumented:
# the kernel and the harness would drown the server's coverage in their own.
function(hupstorm_instrument name)
  set_target_properties(${name} PROPERTIES HUPSTORM_INSTRUMENTED ON)
  if(HUPSTORM_FUZZ_ENGINE STREQUAL "libfuzzer")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  elseif(CMAKE_CXX_COMPILER MATCHES "/afl-[^/]*$")
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
  endif()
endfunction()

# For what takes longer to optimise than to run: tests, and the command around the runs.
function(hupstorm_optimise_less name)
  if(HUPSTORM_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${name} PRIVATE -O1 -fno-lto)
  endif()
endfunction()

# hupstorm_test(NAME [SOURCES...] DEPENDS ...): a GoogleTest executable whose suites CTest knows one by
# one, by their names, each a process. PREFIX goes before them, and PROPERTIES are theirs in CTest.
# SOME REGEX PROPERTY...: more properties, of the suites that the expression matches.
# ALONE REGEX: suites of which each test is a process, since it takes long or wants one to itself.
# NIGHTLY REGEX: suites that take too long for each push; ctest -C nightly -L nightly runs them.
function(hupstorm_test name)
  cmake_parse_arguments(arg "" "PREFIX;ALONE;NIGHTLY" "SOURCES;DEPENDS;SOME;PROPERTIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE hupstorm_options ${arg_DEPENDS} GTest::gmock_main)
  hupstorm_optimise_less(${name})
  hupstorm_use_precompiled(${name} hupstorm_precompiled_tests)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX REPLACE "/.*" "" folder ${folder})
  add_dependencies(${folder}_tests ${name})

  list(POP_FRONT arg_SOME some)
  list(JOIN arg_SOME "," some_properties)
  list(JOIN arg_PROPERTIES "," properties)
  set(list ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
  add_custom_command(TARGET ${name} POST_BUILD BYPRODUCTS ${list} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DEXECUTABLE=$<TARGET_FILE:${name}> -DPREFIX=${arg_PREFIX}
            -DALONE=${arg_ALONE} -DSOME=${some} -DSOME_PROPERTIES=${some_properties}
            -DNIGHTLY=${arg_NIGHTLY} -DPROPERTIES=LABELS,${folder},TIMEOUT,900,${properties} -DOUT=${list}
            -P ${CMAKE_SOURCE_DIR}/cmake/list_tests.cmake)
  set_property(TARGET ${name} PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/list_tests.cmake)
  # What is not built fails, where somebody runs it.
  file(CONFIGURE OUTPUT ${name}_include.cmake CONTENT
       "include(\"${list}\" OPTIONAL RESULT_VARIABLE found)
if(NOT found)
  add_test(${name}_NOT_BUILT ${name}_NOT_BUILT)
endif()\n")
  set_property(DIRECTORY APPEND PROPERTY
    TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}_include.cmake)
endfunction()
