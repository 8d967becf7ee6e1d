#include "kernel/trace/format_value.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "kernel/trace/symbols.h"

namespace hupstorm {
namespace {

constexpr size_t kShownBytes = 32;
constexpr size_t kShownFds = 64;  // of a poll set

bool IsPlain(char byte) { return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\'; }

void AppendEscaped(std::string& text, char byte) {
  switch (byte) {
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    case '"':
    case '\\':
      text += '\\';
      text += byte;
      return;
    default:
      fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

template <typename T>
T Load(const void* from) {
  T value;
  memcpy(&value, from, sizeof(value));
  return value;
}

}  // namespace

std::string FormatBytes(std::string_view bytes, size_t total) {
  std::string text;
  text.reserve(kShownBytes + sizeof "\"\"...");
  text += '"';
  const std::string_view shown = bytes.substr(0, kShownBytes);
  for (auto from = shown.begin(); from != shown.end();) {
    const auto to = std::find_if_not(from, shown.end(), IsPlain);
    text.append(from, to);
    from = to;
    if (from != shown.end()) AppendEscaped(text, *from++);
  }
  text += total > kShownBytes ? "\"..." : "\"";
  return text;
}

std::string FormatParts(const iovec* parts, size_t count, size_t total) {
  std::string bytes;
  for (size_t i = 0; i < count && bytes.size() < std::min(total, kShownBytes); ++i) {
    const size_t wanted = std::min(total, kShownBytes) - bytes.size();
    bytes.append(static_cast<const char*>(parts[i].iov_base), std::min(parts[i].iov_len, wanted));
  }
  return FormatBytes(bytes, total);
}

std::string FormatAddress(const sockaddr* address, socklen_t length) {
  char host[INET6_ADDRSTRLEN];
  const sa_family_t family =
      length < sizeof(sa_family_t) ? sa_family_t{AF_UNSPEC} : Load<sa_family_t>(address);
  if (family == AF_INET && length >= sizeof(sockaddr_in)) {
    const auto ip4 = Load<sockaddr_in>(address);
    inet_ntop(AF_INET, &ip4.sin_addr, host, sizeof(host));
    return fmt::format("{{{}:{}}}", host, ntohs(ip4.sin_port));
  }
  if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    const auto ip6 = Load<sockaddr_in6>(address);
    inet_ntop(AF_INET6, &ip6.sin6_addr, host, sizeof(host));
    return fmt::format("{{[{}]:{}}}", host, ntohs(ip6.sin6_port));
  }
  return fmt::format("{{{}}}", DomainName(family));
}

std::string FormatOption(int level, int name, const void* value, socklen_t length) {
  if (level == SOL_SOCKET && name == SO_LINGER && length >= sizeof(linger)) {
    const auto how = Load<linger>(value);
    return fmt::format("{{{}, {}s}}", how.l_onoff != 0 ? "on" : "off", how.l_linger);
  }
  if (length == sizeof(int)) {
    const int number = Load<int>(value);
    if (level == SOL_SOCKET && name == SO_ERROR) {
      return fmt::format("[{}]", number == 0 ? "0" : ErrorName(number));
    }
    return fmt::format("[{}]", number);
  }
  if (length == sizeof(timeval) && level == SOL_SOCKET) {
    const auto time = Load<timeval>(value);
    return fmt::format("{{{}.{:06}s}}", time.tv_sec, time.tv_usec);
  }
  return fmt::format("{{{} bytes}}", length);
}

std::string FormatSet(const fd_set& set, int count) {
  std::string text = "[";
  for (int fd = 0; fd < std::min(count, FD_SETSIZE); ++fd) {
    if (!FD_ISSET(fd, &set)) continue;
    if (text.size() > 1) text += ' ';
    text += std::to_string(fd);
  }
  return text + ']';
}

std::string FormatPollFds(const pollfd* fds, size_t count, bool with_results) {
  std::string text = "[";
  for (size_t i = 0; i < std::min(count, kShownFds); ++i) {
    if (i > 0) text += ", ";
    fmt::format_to(std::back_inserter(text), "{{{}, {}", fds[i].fd, PollEventNames(fds[i].events));
    if (with_results && fds[i].revents != 0) text += " -> " + PollEventNames(fds[i].revents);
    text += '}';
  }
  return text + (count > kShownFds ? ", ...]" : "]");
}

std::string FormatSeconds(const timespec& time) {
  return fmt::format("{}.{:09}", time.tv_sec, time.tv_nsec);
}

std::string FormatTimer(const itimerspec& timer) {
  return fmt::format("{{every {}s, in {}s}}", FormatSeconds(timer.it_interval),
                     FormatSeconds(timer.it_value));
}

std::string FormatSignals(uint64_t set) {
  std::string text = "[";
  for (int signal = 1; signal <= 64; ++signal) {
    if ((set >> (signal - 1) & 1) == 0) continue;
    if (text.size() > 1) text += ' ';
    text += SignalName(signal);
  }
  return text + ']';
}

// A handler is an address, which differs from run to run.
std::string FormatAction(const struct sigaction& action) {
  const char* const handler = action.sa_handler == SIG_DFL   ? "SIG_DFL"
                              : action.sa_handler == SIG_IGN ? "SIG_IGN"
                                                             : "handler";
  return fmt::format("{{{}, {}}}", handler, SignalActionNames(action.sa_flags));
}

}  // namespace hupstorm
