#include "scenarios/worlds/server_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace hupstorm {
namespace {

constexpr std::string_view kAddress = "127.0.0.1";
constexpr size_t kTelling = 8;      // bytes of a pattern that name their client
constexpr size_t kSearched = 4096;  // of a line

// A run of characters that only a client's pattern has: long, and of its alphabet. Backslashes are
// left out, since a log may double them.
std::string_view PatternIn(std::string_view line) {
  size_t start = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c < '0' || c > 'o' || c == '\\') {
      start = i + 1;
    } else if (i + 1 - start == kTelling) {
      const std::string_view run = line.substr(start, kTelling);
      // A word of the server's own is letters only.
      if (!std::all_of(run.begin(), run.end(), [](unsigned char d) { return std::isalpha(d); })) {
        return run;
      }
      start = i + 1;
    }
  }
  return {};
}

// A server logs what it is at work on: bytes that it has just read, or that it is about to send.
bool ShowsRecentBytes(const ClientFacts& client, std::string_view bytes) {
  constexpr uint64_t kNear = 4096;
  for (const uint64_t at : {client.consumed, client.answered}) {
    if (client.stream.Find(bytes, at > kNear ? at - kNear : 0, 2 * kNear)) return true;
  }
  return false;
}

}  // namespace

int ClientNamedIn(std::string_view line, const Ledger& ledger) {
  const size_t at = line.rfind(kAddress);
  if (at == std::string_view::npos) return -1;
  size_t digit = at + kAddress.size();
  while (digit < line.size() && !std::isdigit(static_cast<unsigned char>(line[digit]))) ++digit;
  if (digit > at + kAddress.size() + 3) return -1;
  int port = 0;
  for (; digit < line.size() && std::isdigit(static_cast<unsigned char>(line[digit])); ++digit) {
    port = port * 10 + (line[digit] - '0');
    if (port > 65535) return -1;
  }
  for (size_t i = 0; i < ledger.client_count; ++i) {
    if (ledger.clients[i].port == port) return static_cast<int>(i);
  }
  return -1;
}

std::string ForeignLogLine(std::string_view line, const Ledger& ledger, bool names_client,
                           int current) {
  const int named = ClientNamedIn(line, ledger);
  if (named < 0) return "";
  const ClientFacts& client = ledger.clients[named];
  if (names_client && current >= 0 && current != named) {
    return fmt::format("a log line names {} while the server was at work on {}",
                       ledger.ClientName(client), ledger.ClientName(ledger.clients[current]));
  }
  const std::string_view bytes = PatternIn(line.substr(0, kSearched));
  if (bytes.empty() || ShowsRecentBytes(client, bytes)) return "";
  for (size_t i = 0; i < ledger.client_count; ++i) {
    if (!ShowsRecentBytes(ledger.clients[i], bytes) || client.stream.Find(bytes, 0)) continue;
    return fmt::format("a log line about {} shows bytes that {} sent", ledger.ClientName(client),
                       ledger.ClientName(ledger.clients[i]));
  }
  return "";
}

}  // namespace hupstorm
