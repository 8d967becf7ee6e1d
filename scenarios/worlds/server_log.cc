#include "scenarios/worlds/server_log.h"

#include <fmt/format.h>
#include <sys/uio.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "kernel/user_memory.h"

namespace hupstorm {
namespace {

constexpr std::string_view kAddress = "127.0.0.1";
constexpr size_t kTelling = 8;      // bytes of a pattern that name their client
constexpr size_t kLongest = 4096;   // of a line that is looked at
constexpr size_t kSearched = 4096;  // of a line

bool IsOfPattern(char c) { return c >= '0' && c <= 'o' && c != '\\'; }

// A run of characters that only a client's pattern has: long, and of its alphabet. Backslashes are
// left out, since a log may double them.
std::string_view PatternIn(std::string_view line) {
  for (size_t start = 0; start + kTelling <= line.size();) {
    const std::string_view run = line.substr(start, kTelling);
    // From its end, as nothing that begins before a character of another alphabet can be a run.
    size_t length = kTelling;
    while (length > 0 && IsOfPattern(run[length - 1])) --length;
    if (length > 0) {
      start += length;
      continue;
    }
    // A word of the server's own is letters only.
    if (!std::all_of(run.begin(), run.end(), [](unsigned char d) { return std::isalpha(d); })) {
      return run;
    }
    start += kTelling;
  }
  return {};
}

// Whether what the client sent has `bytes` within `distance` of where the server reads or sends.
bool HasNearby(const ClientFacts& client, std::string_view bytes, uint64_t distance) {
  for (const uint64_t at : {client.consumed, client.answered}) {
    if (client.stream.Find(bytes, at > distance ? at - distance : 0, 2 * distance)) return true;
  }
  return false;
}

// A server logs what it is at work on: bytes that it has just read, or that it is about to send.
// Most are found within the last kilobyte read, and those before it need not be written out then.
bool ShowsRecentBytes(const ClientFacts& client, std::string_view bytes) {
  return HasNearby(client, bytes, 1024) || HasNearby(client, bytes, 4096);
}

// The port that follows the last address in `line`, 0 for none.
int PortNamedIn(std::string_view line) {
  const size_t at = line.rfind(kAddress);
  if (at == std::string_view::npos) return 0;
  size_t digit = at + kAddress.size();
  while (digit < line.size() && !std::isdigit(static_cast<unsigned char>(line[digit]))) ++digit;
  if (digit > at + kAddress.size() + 3) return 0;
  int port = 0;
  for (; digit < line.size() && std::isdigit(static_cast<unsigned char>(line[digit])); ++digit) {
    port = port * 10 + (line[digit] - '0');
    if (port > 65535) return 0;
  }
  return port;
}

}  // namespace

bool ShowsPattern(std::string_view line) { return !PatternIn(line).empty(); }

int ClientNamedIn(std::string_view line, const Ledger& ledger, int likely) {
  const int port = PortNamedIn(line);
  if (port == 0) return -1;
  if (likely >= 0 && static_cast<size_t>(likely) < ledger.client_count &&
      ledger.clients[likely].port == port) {
    return likely;
  }
  for (const ClientFacts& client : ledger.InUse()) {
    if (client.port == port) return static_cast<int>(&client - ledger.clients.data());
  }
  return -1;
}

std::string ForeignLogLine(std::string_view line, const Ledger& ledger, bool names_client,
                           int current) {
  const std::string_view bytes = PatternIn(line.substr(0, kSearched));
  if (bytes.empty() && !names_client) return "";
  const int named = ClientNamedIn(line, ledger, current);
  if (named < 0) return "";
  const ClientFacts& client = ledger.clients[named];
  if (names_client && current >= 0 && current != named) {
    return fmt::format("a log line names {} while the server was at work on {}",
                       ledger.ClientName(client), ledger.ClientName(ledger.clients[current]));
  }
  if (bytes.empty() || ShowsRecentBytes(client, bytes)) return "";
  for (const ClientFacts& other : ledger.InUse()) {
    // Connections of one client, one after another, bear the same bytes.
    if (other.letter == client.letter && other.index == client.index) continue;
    if (!ShowsRecentBytes(other, bytes) || client.stream.Find(bytes, 0)) continue;
    return fmt::format("a log line about {} shows bytes that {} sent", ledger.ClientName(client),
                       ledger.ClientName(other));
  }
  return "";
}

bool ServerLog::IsLogLine(const SystemCall& call) {
  return (call.call == Call::kWrite || call.call == Call::kWritev) && IsLog(call.Fd());
}

bool ServerLog::Take(SystemCall& call, int client) {
  if (!IsLogLine(call)) return false;
  const auto take = [&](const char* bytes, size_t count) {
    std::string_view left(bytes, count);
    while (!left.empty()) {
      const size_t end = left.find('\n');
      line_ += left.substr(0, end).substr(0, kLongest - line_.size());
      if (end == std::string_view::npos) return;
      left.remove_prefix(end + 1);
      EndLine(client);
    }
  };
  const bool is_one = call.call == Call::kWrite;
  const iovec one = {.iov_base = call.Pointer<void>(1), .iov_len = call.Size(2)};
  const iovec* const parts = is_one ? &one : call.Pointer<const iovec>(1);
  const auto count = static_cast<size_t>(is_one ? 1 : std::max(call.Int(2), 0));
  if (!CanRead(parts, count * sizeof *parts)) {
    call.Fail(EFAULT);
    return true;
  }
  int64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!CanRead(parts[i].iov_base, parts[i].iov_len)) {
      total > 0 ? call.Return(total) : call.Fail(EFAULT);
      return true;
    }
    take(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    total += static_cast<int64_t>(parts[i].iov_len);
  }
  call.Return(total);
  return true;
}

void ServerLog::KeepLine() {
  constexpr size_t kMost = 16 << 10;
  if (last_lines_.size() > kMost) last_lines_.erase(0, kMost / 2);
  last_lines_ += line_;
  last_lines_ += '\n';
}

// The server logs about what it did last, so the line belongs to the call before this one.
void ServerLog::EndLine(int client) {
  const bool enough = ledger_.foreign_log_lines.size() >= Judge::kMostIncidents;
  std::string foreign = enough ? "" : ForeignLogLine(line_, ledger_, names_client_, client);
  time_line_.Note(TimeLineEntry::Kind::kLog, line_);
  if (keeps_lines_) KeepLine();
  if (!foreign.empty())
    judge_.Report(ledger_.foreign_log_lines,
                  {.what = std::move(foreign), .call = ledger_.calls.current()});
  line_.clear();
}

}  // namespace hupstorm
