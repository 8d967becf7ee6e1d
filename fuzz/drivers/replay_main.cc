// Runs a fuzz target once for each file that is named, and for each file in each folder. Stands in
// for a fuzzer's own main if there is none. Exit codes: 0 all ran, 2 bad usage or unreadable.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" [[gnu::weak]] int LLVMFuzzerInitialize(int* argc, char*** argv);  // few targets have one

namespace {

namespace fs = std::filesystem;

bool Fail(const fs::path& path, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", path.c_str(), why.c_str());
  return false;
}

// Adds the files at or under `path`, in the order of their names.
bool Collect(const fs::path& path, std::vector<fs::path>& files) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return Fail(path, error.message());
  if (!fs::is_directory(status)) {
    files.push_back(path);
    return true;
  }
  std::vector<fs::path> found;
  fs::recursive_directory_iterator entry(path, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    if (entry->is_regular_file(error)) found.push_back(entry->path());
  }
  if (error) return Fail(path, error.message());
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return true;
}

bool RunFile(const fs::path& path) {
  const std::optional<std::string> bytes = hupstorm::ReadWhole(path);
  if (!bytes) return Fail(path, "cannot be read");
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
    return 2;
  }
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!Collect(argv[i], files)) return 2;
  }
  for (const fs::path& file : files) {
    if (!RunFile(file)) return 2;
  }
  std::printf("%zu inputs ran\n", files.size());
  return 0;
}
