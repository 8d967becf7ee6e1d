#include "tools/network/protocol_probe.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "kernel/trace/format_value.h"
#include "scenarios/language/fit.h"
#include "scenarios/oracles/response_matcher.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kAnswerWithinMs = 2000;
constexpr int kGreetWithinMs = 500;
constexpr int kMoreWithinMs = 50;  // after a part of an answer
constexpr size_t kLongestAnswer = 4096;
constexpr size_t kTellingAnswer = 16;     // bytes by which a protocol is known
constexpr size_t kWholeAnswer = 1 << 20;  // more than is looked at

constexpr std::string_view kHttpRequest = "GET / HTTP/1.0\r\n\r\n";

// TLS 1.2's ClientHello without extensions (RFC 5246, 7.4.1.2): a server of any version answers it
// with a ServerHello or an alert.
std::string ClientHello() {
  constexpr std::string_view kSuites("\xc0\x2f\xc0\x30\x00\x9c\x00\x2f\x00\x35\x13\x01", 12);
  std::string body = "\x03\x03" + std::string(32, 'h');
  body += std::string(2, '\0') + static_cast<char>(kSuites.size());  // no session; the suites
  body += kSuites;
  body += std::string("\x01\x00", 2);  // no compression
  const auto size = static_cast<char>(body.size());
  const std::string handshake = std::string("\x01\x00\x00", 3) + size + body;
  return std::string("\x16\x03\x01\x00", 4) + static_cast<char>(handshake.size()) + handshake;
}

// What comes in answer to `bytes`: all of `enough`, or as much as comes in time. `ended`, if any:
// whether the server then ended the connection.
std::string Ask(const sockaddr_storage& address, std::string_view bytes, size_t enough,
                int within_ms, bool* ended = nullptr) {
  std::string answer;
  const FileDescriptor fd(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  pollfd ready = {.fd = fd.get(), .events = POLLOUT, .revents = 0};
  if (connect(fd.get(), to, LengthOf(address)) != 0 && poll(&ready, 1, within_ms) != 1) return "";
  if (!bytes.empty()) send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ready.events = POLLIN;
  while (answer.size() < enough) {
    if (poll(&ready, 1, answer.empty() ? within_ms : kMoreWithinMs) != 1) break;
    std::array<char, kLongestAnswer> more;
    const ssize_t count = recv(fd.get(), more.data(), more.size(), 0);
    if (count <= 0) {
      if (ended != nullptr) *ended = true;
      break;
    }
    answer.append(more.data(), static_cast<size_t>(count));
  }
  return answer;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A status line's beginning: "HTTP/1.1 200".
bool IsHttp(std::string_view answer) {
  return answer.size() >= 12 && answer.starts_with("HTTP/1.") && answer[8] == ' ' &&
         std::all_of(answer.begin() + 9, answer.begin() + 12, IsDigit);
}

// The SETTINGS frame that a server begins with (RFC 9113, 3.4): type 4, stream 0.
bool IsHttp2(std::string_view answer) {
  return answer.size() >= 9 && answer[0] == '\0' && answer[3] == '\x04' &&
         answer.substr(5, 4) == std::string_view("\0\0\0\0", 4);
}

// A record with an alert, or with a ServerHello: an echo server returns a ClientHello.
bool IsTls(std::string_view answer) {
  if (answer.size() < 6 || answer[1] != '\x03') return false;
  return answer[0] == '\x15' || (answer[0] == '\x16' && answer[5] == '\x02');
}

bool IsText(std::string_view answer) {
  return std::all_of(answer.begin(), answer.end(),
                     [](unsigned char c) { return std::isprint(c) || std::isspace(c); });
}

// The first bytes of the answer are not among those that were sent.
bool HasNothingOf(std::string_view answer, std::string_view sent) {
  constexpr size_t kTelling = 4;
  return sent.find(answer.substr(0, kTelling)) == std::string_view::npos;
}

std::string Quoted(std::string_view bytes) {
  return FormatBytes(bytes.substr(0, bytes.find('\n') + 1), bytes.size());
}

// The first answer is of another protocol: says of which, empty if that is not known.
std::string Other(std::string_view sent, std::string_view answer, const Target& target,
                  const sockaddr_storage& address) {
  if (IsTls(answer)) {
    return "it speaks TLS, and hupstorm speaks plain TCP: have it listen without TLS";
  }
  if (IsHttp2(answer)) return "it speaks HTTP/2, and hupstorm speaks HTTP/1: say --protocol none";
  if (target.protocol != Protocol::kHttp && IsHttp(answer)) {
    return "it speaks HTTP: say --protocol http";
  }
  if (target.protocol == Protocol::kHttp && answer.starts_with(sent)) {
    return "it sends back what it gets: say --protocol echo";
  }
  const bool is_known = target.protocol == Protocol::kEcho || target.protocol == Protocol::kHttp;
  if (!is_known || !HasNothingOf(answer, sent)) return "";
  const std::string greeting = Ask(address, "", 1, kGreetWithinMs);
  if (!greeting.empty()) {
    return fmt::format(
        "it speaks first, {}, before its client has said anything: say --protocol "
        "none",
        Quoted(greeting));
  }
  if (target.protocol == Protocol::kEcho && IsText(answer)) {
    return fmt::format(
        "it answers {} with {}: say --protocol none, or what it answers by "
        "--protocol expect:FILE (hupstorm explain protocols)",
        Quoted(sent), Quoted(answer));
  }
  return "";
}

bool IsAsSaid(std::string_view sent, std::string_view answer, const Target& target) {
  switch (target.protocol) {
    case Protocol::kEcho:
      return sent.starts_with(answer.substr(0, sent.size()));
    case Protocol::kHttp:
      return answer.starts_with(std::string_view("HTTP/1.").substr(0, answer.size()));
    case Protocol::kAck:
      return !IsHttp(answer) && !IsTls(answer);
    case Protocol::kExpect: {
      ResponseMatcher matcher(target.exchange.get());
      return matcher.Take(answer, 1) > 0;
    }
    case Protocol::kNone:
      break;
  }
  return true;
}

// A server that ends the connection with its first response, where the file says nothing of that,
// would lose the answers to all other requests.
std::string EndsTooSoon(std::string_view answer, const Target& target) {
  ResponseMatcher matcher(target.exchange.get());
  const bool is_whole = matcher.Take(answer, 1) == answer.size() && matcher.whole() == 1;
  if (!is_whole) return "";
  return "it answers one request, and then ends the connection: say `close` at the end of FILE";
}

}  // namespace

void RequireProtocol(const sockaddr_storage& address, const Target& target) {
  if (target.protocol == Protocol::kNone) return;
  const std::string_view request =
      target.protocol == Protocol::kExpect ? target.exchange->request : kHttpRequest;
  const bool must_go_on = target.protocol == Protocol::kExpect && !target.exchange->close;
  const size_t enough = target.protocol == Protocol::kEcho ? request.size()
                        : must_go_on                       ? kWholeAnswer
                                                           : kTellingAnswer;
  bool ended = false;
  const std::string answer = Ask(address, request, enough, kAnswerWithinMs, &ended);
  std::string other;
  if (answer.empty()) {
    const std::string hello = ClientHello();
    const std::string tls = Ask(address, hello, kTellingAnswer, kAnswerWithinMs);
    if (IsTls(tls)) other = Other(hello, tls, target, address);
  } else if (!IsAsSaid(request, answer, target)) {
    other = Other(request, answer, target, address);
  } else if (must_go_on && ended) {
    other = EndsTooSoon(answer, target);
  }
  if (other.empty()) return;
  const bool is_expect = target.protocol == Protocol::kExpect;
  throw UsageError("{}: this is no server of --protocol {}: {}", target.name,
                   is_expect ? "expect" : ProtocolName(target.protocol), other);
}

}  // namespace hupstorm
