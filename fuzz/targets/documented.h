// The documents' servers as fuzz targets.

#ifndef HUPSTORM_FUZZ_TARGETS_DOCUMENTED_H_
#define HUPSTORM_FUZZ_TARGETS_DOCUMENTED_H_

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fuzz/runtime/fuzzed_server.h"
#include "target/documented/documented.h"

namespace hupstorm {

// With the mends that HUPSTORM_MEND asks for, or else `mend`. Throws std::runtime_error for mends
// that there are not.
inline FuzzedServer FuzzedDocumented(DocumentedServer server, std::string_view mend) {
  if (const char* asked = std::getenv("HUPSTORM_MEND")) mend = asked;
  const std::optional<MendSet> mends = MendsFromText(server, mend);
  if (!mends) {
    throw std::runtime_error("HUPSTORM_MEND takes none, all or all-but=DEFECT[,DEFECT], not \"" +
                             std::string(mend) + '"');
  }
  return {DocumentedTarget(server, *mends), std::string(mend)};
}

}  // namespace hupstorm

#endif  // HUPSTORM_FUZZ_TARGETS_DOCUMENTED_H_
