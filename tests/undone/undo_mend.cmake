# Writes a copy of a source file of the reference in which one mend is undone.
#   cmake -DNAME=<of undone_mends.cmake> -DFILE=<source> -DOUT=<file> -P undo_mend.cmake
cmake_policy(VERSION 3.25)
function(undone_mend name file from to)
  if(NOT name STREQUAL NAME)
    return()
  endif()
  file(READ ${FILE} text)
  # A test that undoes nothing would say nothing.
  string(FIND "${text}" "${from}" first)
  string(FIND "${text}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${FILE} should hold this once:\n${from}")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  file(WRITE ${OUT} "${text}")
endfunction()
include(${CMAKE_CURRENT_LIST_DIR}/undone_mends.cmake)
