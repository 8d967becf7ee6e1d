#include "tools/catalogue/installation.h"

#include <fmt/format.h>

#include <vector>

#include "tools/catalogue/linked_server.h"
#include "tools/cli/errors.h"

namespace hupstorm {

namespace fs = std::filesystem;

fs::path ThisExecutable() { return fs::read_symlink("/proc/self/exe"); }

fs::path InstalledLibrary(const std::string& name) {
  const fs::path here = ThisExecutable().parent_path();
  std::vector<fs::path> folders = {here / "../lib", here / "../lib/hupstorm"};
  if (const LinkedServer* const linked = TheLinkedServer()) folders = {linked->libraries};
  std::error_code error;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / name;
    if (fs::exists(file, error)) return fs::canonical(file);
  }
  throw FailedError("{} is not where it should be, in {}", name,
                    folders.front().lexically_normal().string());
}

}  // namespace hupstorm
