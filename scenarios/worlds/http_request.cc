#include "scenarios/worlds/http_request.h"

namespace hupstorm {

std::string HttpRequest(uint64_t length) {
  std::string request = "GET / HTTP/1.0\r\n";
  const std::string name = "X-Padding: ";
  const std::string end = "\r\n";
  const uint64_t bare = request.size() + end.size();
  if (length > bare) {
    const uint64_t wanted = length - bare;
    const uint64_t frame = name.size() + end.size();
    request += name;
    request.append(wanted > frame ? wanted - frame : 1, 'x');
    request += end;
  }
  return request + end;
}

}  // namespace hupstorm
