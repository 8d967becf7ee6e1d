#include "tools/catalogue/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/cli/errors.h"

namespace hupstorm {

std::string ReadInputFile(const std::string& path, size_t limit) {
  const auto close = [](FILE* file) { std::fclose(file); };
  const std::unique_ptr<FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
  if (!file) throw UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  std::string content;
  char block[64 << 10];
  while (content.size() <= limit) {
    const size_t count = std::fread(block, 1, sizeof block, file.get());
    content.append(block, count);
    if (count < sizeof block) break;
  }
  if (std::ferror(file.get()) != 0) {
    throw UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  if (content.size() > limit) {
    throw UsageError(
        fmt::format("{} is too large to be a scenario: more than {} MiB", path, limit >> 20));
  }
  return content;
}

}  // namespace hupstorm
