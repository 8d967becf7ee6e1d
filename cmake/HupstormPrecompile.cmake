# Headers that most sources include are parsed once for each kind of sources, not once for each source.
# A source includes what it uses all the same: the preset afl compiles without this.
option(HUPSTORM_PRECOMPILE "Precompile the headers that most sources include" ON)

# hupstorm_precompiled(NAME [OPTIMISED_LESS] [EXECUTABLES] HEADERS ... DEPENDS ...): headers for targets
# with one set of options. OPTIMISED_LESS as by the function of that name; EXECUTABLES, not libraries.
function(hupstorm_precompiled name)
  if(NOT HUPSTORM_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(arg "OPTIMISED_LESS;EXECUTABLES" "" "HEADERS;DEPENDS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE hupstorm_options ${arg_DEPENDS})
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <cstdint> <cstring> <functional> <map> <memory> <optional> <span> <stdexcept>
    <string> <string_view> <utility> <vector> ${arg_HEADERS})
  if(arg_OPTIMISED_LESS)
    hupstorm_optimise_less(${name})
  endif()
  if(arg_EXECUTABLES)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIE)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # For ccache: the same each time, and not taken from another tree, whose files it would name.
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES ccache)
      set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
    endif()
  endif()
endfunction()

# hupstorm_use_precompiled(TARGET NAME)
function(hupstorm_use_precompiled target name)
  if(HUPSTORM_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

hupstorm_precompiled(hupstorm_precompiled_libraries HEADERS <fmt/format.h> DEPENDS ${HUPSTORM_FMT})
if(HUPSTORM_FUZZ_ENGINE STREQUAL "replay")
  hupstorm_precompiled(hupstorm_precompiled_tools OPTIMISED_LESS
    HEADERS <filesystem> <fmt/format.h> <nlohmann/json.hpp>
    DEPENDS ${HUPSTORM_FMT} nlohmann_json::nlohmann_json)
endif()
