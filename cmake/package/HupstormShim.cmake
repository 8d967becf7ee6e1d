# hupstorm::shim is compiled with the project that uses it, since it must know of the sanitizers that
# the project is built with (-fsanitize in CMAKE_CXX_FLAGS or add_compile_options).

if(NOT TARGET hupstorm_shim)
  file(GLOB_RECURSE hupstorm_shim_sources ${hupstorm_SOURCES}/kernel/*.cc)
  add_library(hupstorm_shim OBJECT EXCLUDE_FROM_ALL ${hupstorm_shim_sources})
  target_link_libraries(hupstorm_shim PUBLIC hupstorm::kernel)
  # As in hupstorm's own build (kernel/CMakeLists.txt).
  target_compile_options(hupstorm_shim PRIVATE
    -U_FORTIFY_SOURCE -fno-builtin-malloc -fno-lto)
  # Not instrumented for AFL++: the server's coverage should lead.
  if(CMAKE_CXX_COMPILER MATCHES "/afl-[^/]*$")
    set_target_properties(hupstorm_shim PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;AFL_LLVM_DENYLIST=${CMAKE_CURRENT_LIST_DIR}/afl_denylist.txt")
  endif()
  add_library(hupstorm::shim ALIAS hupstorm_shim)
endif()
