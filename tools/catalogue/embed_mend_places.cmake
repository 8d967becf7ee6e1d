# Writes a C++ file that says where each mend steps in, in the sources of the documents' servers: that
# is where their defects are.
#   cmake -DROOT=<source root> -DOUT=<file> -P embed_mend_places.cmake
cmake_policy(VERSION 3.25)
file(GLOB paths RELATIVE ${ROOT} ${ROOT}/target/documented/*.cc)
list(REMOVE_ITEM paths target/documented/documented.cc)
list(SORT paths)
set(entries "")
foreach(path IN LISTS paths)
  file(READ ${ROOT}/${path} text)
  # A server's file begins with its name; what stands in others is for all servers.
  set(server "")
  if(text MATCHES "^// (doc[0-9]+/[a-z-]+):")
    set(server ${CMAKE_MATCH_1})
  endif()
  # CMake's lists are split at semicolons, but not within brackets.
  string(REGEX REPLACE "[][;]" "," text "${text}")
  string(REPLACE "\n" ";" numbered "${text}")
  set(number 0)
  foreach(line IN LISTS numbered)
    math(EXPR number "${number} + 1")
    string(REGEX MATCHALL "Mend::k[A-Za-z0-9]+" mends "${line}")
    foreach(mend IN LISTS mends)
      string(APPEND entries "      {\"${server}\", ${mend}, \"${path}\", ${number}},\n")
    endforeach()
  endforeach()
endforeach()
set(source "// Generated from target/documented by embed_mend_places.cmake.
#include \"tools/catalogue/mend_places.h\"

namespace hupstorm {

std::vector<MendPlace> MendPlaces() {
  return {
${entries}  };
}

}  // namespace hupstorm
")
file(WRITE ${OUT} "${source}")
