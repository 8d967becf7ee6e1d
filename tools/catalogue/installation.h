// Where the files are that belong to hupstorm and are no part of the executable.

#ifndef HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_
#define HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_

#include <filesystem>
#include <string>

namespace hupstorm {

// The absolute path of this executable.
std::filesystem::path ThisExecutable();

// "libhupstorm_preload.so", where the build or an installation has put it: seen from this
// executable, or for one that a user has made (catalogue/linked_server.h), where hupstorm is
// installed. Throws FailedError where it is in none of these places.
std::filesystem::path InstalledLibrary(const std::string& name);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_
