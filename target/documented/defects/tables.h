// The catalogue's parts, one a server. A row says what is the server's own; Defects() adds the
// rest.

#ifndef HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_
#define HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_

#include <span>

#include "target/documented/documented.h"

namespace hupstorm {

std::span<const Defect> EpollQueueDefects();
std::span<const Defect> SelectQueueDefects();
std::span<const Defect> PollQueueDefects();
std::span<const Defect> EpollAckDefects();
std::span<const Defect> EpollHttpDefects();

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_
