# hupstorm_add_server(NAME ...): the executable NAME, which is the hupstorm command with a server of
# yours as its first target, and a fuzz target for that server.
#
#   hupstorm_add_server(test_chat SOURCES chat.cc HEADER chat.h SERVE "ChatServer(port).Run()")
#
#   SOURCES     your server; compiled for this executable anew, with coverage for the fuzzer
#   LIBRARIES   what they link, as for target_link_libraries (not instrumented)
#   HEADER      declares what SERVE needs
#   SERVE       a C++ statement that listens on 127.0.0.1:`port` (uint16_t) and serves until SIGTERM
#   PROTOCOL    what it speaks: echo (default), ack, http, none or expect:FILE (hupstorm explain
#               protocols)
#
# In place of HEADER, SERVE and PROTOCOL, a source may define hupstorm::ServerUnderTest
# (hupstorm/target/server_under_test.h, which also says what a server must keep to).
#
#   ./test_chat gate                      any command of hupstorm: run, replay, sweep, shrink, fuzz
#   ./test_chat -max_total_time=60 corpus what libFuzzer's targets take, if built so
#
# HUPSTORM_FUZZ_ENGINE says which engine the executable is for: libfuzzer (the default where the
# compiler is clang and has it), afl (where it is afl-clang-fast++), or replay: none, files are run.

if(NOT DEFINED HUPSTORM_FUZZ_ENGINE)
  set(hupstorm_engine replay)
  if(CMAKE_CXX_COMPILER MATCHES "/afl-[^/]*$")
    set(hupstorm_engine afl)
  elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
    check_cxx_source_compiles("
      #include <cstddef>
      #include <cstdint>
      extern \"C\" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }"
      HUPSTORM_COMPILER_HAS_LIBFUZZER)
    unset(CMAKE_REQUIRED_FLAGS)
    if(HUPSTORM_COMPILER_HAS_LIBFUZZER)
      set(hupstorm_engine libfuzzer)
    endif()
  endif()
  set(HUPSTORM_FUZZ_ENGINE ${hupstorm_engine} CACHE STRING
      "What hupstorm's fuzz targets are built for: libfuzzer, afl, or replay (no fuzzer)")
  set_property(CACHE HUPSTORM_FUZZ_ENGINE PROPERTY STRINGS libfuzzer afl replay)
endif()

# Writes a source that defines ServerUnderTest.
function(hupstorm_write_adapter name header serve protocol out)
  if(NOT serve)
    message(FATAL_ERROR "hupstorm_add_server(${name}): HEADER goes with SERVE, the statement that "
            "runs the server, such as SERVE \"MyServer(port).Run()\"")
  endif()
  if(NOT protocol)
    set(protocol echo)
  elseif(protocol MATCHES "^expect:(.*)$")
    get_filename_component(file "${CMAKE_MATCH_1}" ABSOLUTE)
    set(protocol "expect:${file}")
  endif()
  get_filename_component(header "${header}" ABSOLUTE)
  if(NOT EXISTS "${header}")
    message(FATAL_ERROR "hupstorm_add_server(${name}): there is no ${header}")
  endif()
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT [=[
#include <hupstorm/target/server_under_test.h>
#include <hupstorm/tools/catalogue/protocols.h>

#include "@header@"

hupstorm::Target hupstorm::ServerUnderTest() {
  hupstorm::SpokenProtocol spoken = hupstorm::ParseProtocol("@protocol@");
  hupstorm::Target target;
  target.name = "@name@";
  target.protocol = spoken.protocol;
  target.exchange = spoken.exchange;
  target.serve = []([[maybe_unused]] uint16_t port) { @serve@; };
  return target;
}
]=])
endfunction()

function(hupstorm_add_server name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;SERVE;PROTOCOL" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS OR NOT (arg_SOURCES OR arg_LIBRARIES))
    message(FATAL_ERROR "hupstorm_add_server(${name} SOURCES file... [LIBRARIES library...] [HEADER "
            "file SERVE statement [PROTOCOL protocol]]): what is \"${arg_UNPARSED_ARGUMENTS}\"?")
  endif()

  if(arg_HEADER OR arg_SERVE)
    set(adapter ${CMAKE_CURRENT_BINARY_DIR}/${name}_adapter.cc)
    hupstorm_write_adapter("${name}" "${arg_HEADER}" "${arg_SERVE}" "${arg_PROTOCOL}" "${adapter}")
  endif()
  # The server and nothing else is instrumented: hupstorm's own branches would drown its coverage.
  add_library(${name}_server OBJECT ${arg_SOURCES})
  target_link_libraries(${name}_server PUBLIC ${arg_LIBRARIES} PRIVATE hupstorm::scenarios)
  # A scenario's end leaves a blocked call by an exception, through C too.
  target_compile_options(${name}_server PRIVATE $<$<COMPILE_LANGUAGE:C>:-fexceptions>)
  add_executable(${name} ${adapter}
    ${hupstorm_SOURCES}/fuzz/runtime/entry_points.cc
    ${hupstorm_SOURCES}/tools/linked_server.cc)
  target_link_libraries(${name} PRIVATE ${name}_server hupstorm::tools hupstorm::shim)
  target_compile_definitions(${name} PRIVATE
    HUPSTORM_ENGINE="${HUPSTORM_FUZZ_ENGINE}"
    HUPSTORM_LIBRARIES="${hupstorm_LIBRARY_DIR}")

  if(HUPSTORM_FUZZ_ENGINE STREQUAL "replay")
    target_sources(${name} PRIVATE ${hupstorm_SOURCES}/fuzz/drivers/replay_main.cc)
  elseif(HUPSTORM_FUZZ_ENGINE MATCHES "^(libfuzzer|afl)$")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)  # afl-clang-fast++ takes it for its own
    if(HUPSTORM_FUZZ_ENGINE STREQUAL "libfuzzer")
      target_compile_options(${name}_server PRIVATE  # a C compiler may be another
        $<$<COMPILE_LANG_AND_ID:C,Clang>:-fsanitize=fuzzer-no-link>
        $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
      target_sources(${name} PRIVATE ${hupstorm_SOURCES}/scenarios/mutator/libfuzzer_mutator.cc)
    else()
      get_target_property(launcher hupstorm_shim CXX_COMPILER_LAUNCHER)
      set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "${launcher}")
    endif()
  else()
    message(FATAL_ERROR "HUPSTORM_FUZZ_ENGINE takes libfuzzer, afl or replay, not "
            "\"${HUPSTORM_FUZZ_ENGINE}\"")
  endif()
endfunction()
