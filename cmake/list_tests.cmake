# Writes what CTest runs of a GoogleTest executable: one entry for each suite. An entry for each test
# would take longer to start its process than to run, under a sanitizer.
#   cmake -DEXECUTABLE=<file> -DPREFIX=<text> -DALONE=<regex> -DSOME=<regex>
#         -DPROPERTIES=<name,value,...> -DSOME_PROPERTIES=<name,value,...> -DOUT=<file> -P list_tests.cmake
# Suites that ALONE matches have an entry for each test. SOME_PROPERTIES are for those that SOME matches.
cmake_policy(VERSION 3.25)
execute_process(COMMAND ${EXECUTABLE} --gtest_list_tests TIMEOUT 60 OUTPUT_VARIABLE lines
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " +# [^\n]*" "" lines "${lines}")  # the values of parameters
string(REPLACE "\n" ";" lines "${lines}")

set(entries "")
foreach(line IN LISTS lines)
  if(line MATCHES "^([A-Za-z0-9_/]+)\\.$")
    set(suite ${CMAKE_MATCH_1})
    if(NOT ALONE OR NOT suite MATCHES "^(${ALONE})$")
      list(APPEND entries "${suite}.*")
    endif()
  elseif(line MATCHES "^  " AND ALONE AND suite MATCHES "^(${ALONE})$")
    string(STRIP "${line}" test)
    list(APPEND entries "${suite}.${test}")
  endif()
endforeach()

set(script "")
foreach(filter IN LISTS entries)
  string(REPLACE ".*" "" name "${PREFIX}${filter}")
  set(properties ${PROPERTIES})
  string(REGEX REPLACE "\\.[^.]*$" "" suite "${filter}")
  if(SOME AND suite MATCHES "^(${SOME})$")
    string(APPEND properties ",${SOME_PROPERTIES}")
  endif()
  string(REPLACE "," " " properties "${properties}")
  string(APPEND script "add_test([=[${name}]=] [=[${EXECUTABLE}]=] [=[--gtest_filter=${filter}]=])
set_tests_properties([=[${name}]=] PROPERTIES ${properties})\n")
endforeach()
file(WRITE ${OUT} "${script}")
