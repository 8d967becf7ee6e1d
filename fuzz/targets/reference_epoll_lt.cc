#include "fuzz/runtime/fuzzed_server.h"
#include "target/reference/reference.h"

hupstorm::FuzzedServer hupstorm::MakeFuzzedServer() {
  return {ReferenceTarget("reference/epoll-lt")};
}
