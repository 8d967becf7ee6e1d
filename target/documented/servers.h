// The five servers, for documented.cc, which makes targets of them. Each listens on
// 127.0.0.1:`port` and never returns: an exception that leaves it is the end of the document's
// process. They stand in the namespace of what Python supplies, and so read like the documents.

#ifndef HUPSTORM_TARGET_DOCUMENTED_SERVERS_H_
#define HUPSTORM_TARGET_DOCUMENTED_SERVERS_H_

#include <cstdint>

#include "target/documented/mend_set.h"

namespace hupstorm::python {

void ServeEpollQueue(MendSet mends, uint16_t port);
void ServeSelectQueue(MendSet mends, uint16_t port);
void ServePollQueue(MendSet mends, uint16_t port);
void ServeEpollAck(MendSet mends, uint16_t port);
void ServeEpollHttp(MendSet mends, uint16_t port);

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_SERVERS_H_
