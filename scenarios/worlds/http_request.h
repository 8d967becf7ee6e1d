// The request that `a request` sends.

#ifndef HUPSTORM_SCENARIOS_WORLDS_HTTP_REQUEST_H_
#define HUPSTORM_SCENARIOS_WORLDS_HTTP_REQUEST_H_

#include <cstdint>
#include <string>

namespace hupstorm {

// A full HTTP/1.0 request of `length` bytes, or of the least possible length if that is more. A
// header pads it.
std::string HttpRequest(uint64_t length);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_HTTP_REQUEST_H_
