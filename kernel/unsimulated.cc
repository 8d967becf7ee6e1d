#include "kernel/unsimulated.h"

#include <cstdio>
#include <cstdlib>

namespace hupstorm {
namespace {

using Handler = void (*)(std::string_view what);
constinit Handler unsimulated_handler = nullptr;
constinit bool is_older_linux = false;

}  // namespace

void EndUnsimulated(std::string_view what) {
  if (unsimulated_handler != nullptr) unsimulated_handler(what);
  std::fprintf(stderr, "hupstorm: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void SetUnsimulatedHandler(void (*handler)(std::string_view what)) {
  unsimulated_handler = handler;
}

void BeOlderLinux() { is_older_linux = true; }
bool IsOlderLinux() { return is_older_linux; }

}  // namespace hupstorm
