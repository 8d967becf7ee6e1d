# Writes a C++ file that holds every scenario of the suite, so that the command finds the suite from any
# folder and after it was moved.
#   cmake -DROOT=<source root> -DOUT=<file> -P embed_suite.cmake
file(GLOB_RECURSE paths RELATIVE ${ROOT} ${ROOT}/scenarios/suite/*.scn)
list(SORT paths)
set(entries "")
foreach(path IN LISTS paths)
  file(READ ${ROOT}/${path} text)
  # A compiler need not take a string literal of more than 64 KiB in one piece.
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${path} is too long for a scenario of the suite (60,000 bytes)")
  endif()
  string(APPEND entries "    {\"${path}\",\n     R\"scn(${text})scn\"},\n")
endforeach()
set(source "// Generated from scenarios/suite by embed_suite.cmake.
#include \"tools/catalogue/suite_texts.h\"

namespace hupstorm {

std::vector<SuiteText> SuiteTexts() {
  return {
${entries}  };
}

}  // namespace hupstorm
")
file(WRITE ${OUT} "${source}")
