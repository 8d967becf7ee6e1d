// Where the files are that belong to hupstorm and are no part of the executable.

#ifndef HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_
#define HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_

#include <filesystem>
#include <string>

namespace hupstorm {

// The absolute path of this executable.
std::filesystem::path ThisExecutable();

// The path of "libhupstorm_preload.so", say: in the build or the installation that this executable
// is part of, or for an executable that a user has made (catalogue/linked_server.h), in the folder
// in which hupstorm is installed. Throws FailedError if it is in none of these places.
std::filesystem::path InstalledLibrary(const std::string& name);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_INSTALLATION_H_
