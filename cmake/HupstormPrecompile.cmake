# Headers that most sources include are parsed once for each of three kinds of sources, not for each
# source: half the time of most. A source includes what it uses all the same, and compiles without
# this, as the builds of a fuzzing service do.
option(HUPSTORM_PRECOMPILE "Precompile the headers that most sources include" ON)
if(HUPSTORM_FUZZ_ENGINE STREQUAL "external")
  set(HUPSTORM_PRECOMPILE OFF)
endif()

# hupstorm_precompiled(NAME HEADERS ... DEPENDS ...): for targets that are compiled with the same options.
function(hupstorm_precompiled name)
  if(NOT HUPSTORM_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "HEADERS;DEPENDS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE hupstorm_options ${arg_DEPENDS})
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <cstdint> <cstring> <functional> <map> <memory> <optional> <span> <stdexcept>
    <string> <string_view> <utility> <vector> ${arg_HEADERS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")  # for ccache
  endif()
endfunction()

# hupstorm_use_precompiled(TARGET NAME)
function(hupstorm_use_precompiled target name)
  if(HUPSTORM_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

hupstorm_precompiled(hupstorm_precompiled_libraries HEADERS <fmt/format.h> DEPENDS ${HUPSTORM_FMT})
hupstorm_precompiled(hupstorm_precompiled_tools
  HEADERS <filesystem> <fmt/format.h> <nlohmann/json.hpp> DEPENDS ${HUPSTORM_FMT})
if(HUPSTORM_PRECOMPILE)
  hupstorm_optimise_less(hupstorm_precompiled_tools)
endif()
