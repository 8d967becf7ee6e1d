#include "tools/cli/errors.h"

#include <cstdio>

#include "scenarios/language/parse.h"

namespace hupstorm {

int ExitCodeOf(const std::function<int()>& work) {
  try {
    return work();
  } catch (const UsageError& error) {
    std::fprintf(stderr, "hupstorm: %s\n", error.what());
    return kExitUsage;
  } catch (const ParseError& error) {
    // Begins with file:line:column, where editors look for it.
    std::fprintf(stderr, "%s\n", error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hupstorm: %s\n", error.what());
    return kExitFailed;
  }
}

}  // namespace hupstorm
