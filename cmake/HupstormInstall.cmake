# cmake --install, in two parts: the command, and what other projects build with. cpack -G DEB makes
# two Debian packages of them.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Not in a multiarch folder: the command looks for its libraries beside itself, in ../lib/hupstorm.
set(HUPSTORM_INSTALL_LIBRARIES lib/hupstorm)
set(HUPSTORM_INSTALL_SOURCES ${CMAKE_INSTALL_DATADIR}/hupstorm/src)
set(package_folder lib/cmake/hupstorm)

install(TARGETS hupstorm RUNTIME COMPONENT command)
install(TARGETS hupstorm_preload hupstorm_inside hupstorm_afl_mutator
  LIBRARY DESTINATION ${HUPSTORM_INSTALL_LIBRARIES} COMPONENT command)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT command)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT command)

# What hupstorm_add_server links, by the names that it has for others.
set(libraries
  base documented isolation kernel linux linux_worlds mutator options places python reference scenarios tools)
foreach(library ${libraries})
  set_target_properties(hupstorm_${library} PROPERTIES EXPORT_NAME ${library})
  list(APPEND library_targets hupstorm_${library})
endforeach()
install(TARGETS ${library_targets} EXPORT hupstormTargets
  ARCHIVE DESTINATION ${HUPSTORM_INSTALL_LIBRARIES} COMPONENT development)
# All that is installed, and no test.
add_custom_target(hupstorm_installed)
add_dependencies(hupstorm_installed
  hupstorm hupstorm_preload hupstorm_inside hupstorm_afl_mutator ${library_targets})
# The objects' second half is for g++ of this very version, which may not be the user's compiler.
install(CODE "
  file(GLOB archives \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${HUPSTORM_INSTALL_LIBRARIES}/*.a\")
  execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug -R .gnu.lto_* -R .gnu.debuglto_*
                  -N __gnu_lto_slim -N __gnu_lto_v1 \${archives} COMMAND_ERROR_IS_FATAL ANY)"
  COMPONENT development)
install(EXPORT hupstormTargets NAMESPACE hupstorm:: DESTINATION ${package_folder}
  COMPONENT development)

foreach(folder base kernel scenarios fuzz/runtime)
  install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hupstorm/${folder}
    COMPONENT development FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES target/target.h target/server_under_test.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hupstorm/target COMPONENT development)
install(FILES tools/command_line.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hupstorm/tools COMPONENT development)
install(FILES tools/catalogue/linked_server.h tools/catalogue/protocols.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hupstorm/tools/catalogue COMPONENT development)

# Compiled with the user's project.
get_target_property(shim_sources hupstorm_shim SOURCES)
foreach(source ${shim_sources})
  get_filename_component(folder kernel/${source} DIRECTORY)
  install(FILES kernel/${source} DESTINATION ${HUPSTORM_INSTALL_SOURCES}/${folder}
    COMPONENT development)
endforeach()
foreach(source fuzz/runtime/entry_points.cc fuzz/drivers/replay_main.cc
        scenarios/mutator/libfuzzer_mutator.cc tools/linked_server.cc)
  get_filename_component(folder ${source} DIRECTORY)
  install(FILES ${source} DESTINATION ${HUPSTORM_INSTALL_SOURCES}/${folder}
    COMPONENT development)
endforeach()

configure_package_config_file(cmake/package/hupstormConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/hupstormConfig.cmake
  INSTALL_DESTINATION ${package_folder}
  PATH_VARS HUPSTORM_INSTALL_LIBRARIES HUPSTORM_INSTALL_SOURCES)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/hupstormConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/package/hupstormConfig.cmake
  ${CMAKE_BINARY_DIR}/package/hupstormConfigVersion.cmake
  cmake/package/HupstormShim.cmake
  cmake/package/HupstormAddServer.cmake
  cmake/afl_denylist.txt
  DESTINATION ${package_folder} COMPONENT development)

# The lines of the servers that come with it name folders of the machine that built it.
set(CPACK_STRIP_FILES TRUE)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR hupstorm)
set(CPACK_PACKAGE_CONTACT "hupstorm developers <hupstorm@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "fault-injection tests and fuzzing for event-loop TCP servers")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL command development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME hupstorm)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "gnuplot-nox")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION
  "Hammers a TCP server with half-closes, resets, short reads and writes, faults\nand silent peers,\
 says which invariant broke, and replays it with one command.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhupstorm-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "hupstorm (= ${PROJECT_VERSION}), libdw-dev, libfmt-dev, libmnl-dev, libpugixml-dev, pkg-config")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "For projects that link a server of theirs to hupstorm's simulated kernel:\nCMake's\
 find_package(hupstorm) and hupstorm_add_server.")
include(CPack)
