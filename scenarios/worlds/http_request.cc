#include "scenarios/worlds/http_request.h"

#include <string_view>

namespace hupstorm {

std::string HttpRequest(uint64_t length) {
  constexpr std::string_view kLine = "GET / HTTP/1.0\r\n";
  constexpr std::string_view kName = "X-Padding: ";
  constexpr std::string_view kEnd = "\r\n";
  std::string request;
  request.reserve(length);
  request += kLine;
  const uint64_t bare = kLine.size() + kEnd.size();
  if (length > bare) {
    const uint64_t wanted = length - bare;
    const uint64_t frame = kName.size() + kEnd.size();
    request += kName;
    request.append(wanted > frame ? wanted - frame : 1, 'x');
    request += kEnd;
  }
  request += kEnd;
  return request;
}

}  // namespace hupstorm
