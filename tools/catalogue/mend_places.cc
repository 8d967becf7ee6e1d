#include "tools/catalogue/mend_places.h"

namespace hupstorm {

const MendPlace* FindMendPlace(std::string_view server, Mend mend) {
  static const std::vector<MendPlace> places = MendPlaces();
  const MendPlace* shared = nullptr;
  for (const MendPlace& place : places) {
    if (place.mend != mend) continue;
    if (place.server == server) return &place;
    if (place.server.empty() && shared == nullptr) shared = &place;
  }
  return shared;
}

}  // namespace hupstorm
