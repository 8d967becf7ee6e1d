#include "fuzz/targets/documented.h"

hupstorm::FuzzedServer hupstorm::MakeFuzzedServer() {
  return FuzzedDocumented(DocumentedServer::kSelectQueue, "all");
}
