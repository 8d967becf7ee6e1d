// Where the defects of the documents' servers are, in this project's sources of them.

#ifndef HUPSTORM_TOOLS_CATALOGUE_MEND_PLACES_H_
#define HUPSTORM_TOOLS_CATALOGUE_MEND_PLACES_H_

#include <string_view>
#include <vector>

#include "target/documented/mend_set.h"

namespace hupstorm {

struct MendPlace {
  std::string_view server;  // "doc001/poll"; empty for what several share
  Mend mend;
  std::string_view path;  // "target/documented/poll_queue.cc"
  int line;               // from 1
};
std::vector<MendPlace> MendPlaces();  // in order of path and line

// The first place of `server`'s own, or else the first that it shares; null for none.
const MendPlace* FindMendPlace(std::string_view server, Mend mend);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_MEND_PLACES_H_
