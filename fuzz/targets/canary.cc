#include "target/canary/canary.h"

#include "fuzz/runtime/fuzzed_server.h"

hupstorm::FuzzedServer hupstorm::MakeFuzzedServer() { return {CanaryTarget()}; }
