#include "kernel/linux/sight/process_tree.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/timespec.h"

namespace hupstorm::sight {
namespace {

// The names in a folder that are numbers, in order; nullopt if it cannot be opened.
std::optional<std::vector<int>> NumbersIn(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (folder == nullptr) return std::nullopt;
  std::vector<int> numbers;
  while (const dirent* const entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<int> ThreadNumbers(pid_t pid) {
  return NumbersIn(fmt::format("/proc/{}/task", pid)).value_or(std::vector<int>());
}

// Nothing if the file cannot be read.
std::string Text(const std::string& path) { return ReadWhole(path).value_or(""); }
std::string StatusOf(pid_t pid) { return Text(fmt::format("/proc/{}/status", pid)); }

// The word after the first `key` in `text`; empty if there is none.
std::string_view WordAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_first_of(" \t\n"));
}

template <typename Number>
Number NumberIn(std::string_view word, int base = 10) {
  Number number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number, base);
  return number;
}

struct Stat {
  char state = 0;
  pid_t parent = -1;
  int exit_code = 0;  // 0 if it may not be looked at
};

// What comes after the command's name, which may hold anything, parentheses too.
Stat ReadStat(const std::string& path) {
  const std::string text = Text(path);
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos || text.size() < end_of_name + 5) return {};
  const std::string_view fields = std::string_view(text).substr(end_of_name + 2);
  return {.state = fields[0],
          .parent = NumberIn<pid_t>(fields.substr(2)),
          .exit_code = NumberIn<int>(fields.substr(fields.rfind(' ') + 1))};
}

char StateOfThread(pid_t pid, pid_t tid) {
  return ReadStat(fmt::format("/proc/{}/task/{}/stat", pid, tid)).state;
}

OpenFile::Kind KindOf(std::string_view target) {
  static constexpr std::pair<std::string_view, OpenFile::Kind> kKinds[] = {
      {"socket:[", OpenFile::Kind::kSocket},
      {"pipe:[", OpenFile::Kind::kPipe},
      {"anon_inode:[eventpoll]", OpenFile::Kind::kEpoll},
      {"anon_inode:[eventfd]", OpenFile::Kind::kEventfd},
      {"anon_inode:[timerfd]", OpenFile::Kind::kTimerfd}};
  for (const auto& [start, kind] : kKinds) {
    if (target.starts_with(start)) return kind;
  }
  return OpenFile::Kind::kOther;
}

uint64_t MaskIn(std::string_view status, std::string_view key) {
  return NumberIn<uint64_t>(WordAfter(status, key), 16);
}

}  // namespace

std::optional<std::vector<OpenFile>> OpenFiles(pid_t pid) {
  const auto numbers = NumbersIn(fmt::format("/proc/{}/fd", pid));
  if (!numbers) return std::nullopt;
  std::vector<OpenFile> files;
  for (const int fd : *numbers) {
    if (const auto file = OpenFileAt(pid, fd)) files.push_back(*file);
  }
  return files;
}

int CountOpenFiles(pid_t pid) {
  const auto numbers = NumbersIn(fmt::format("/proc/{}/fd", pid));
  return numbers ? static_cast<int>(numbers->size()) : -1;
}

std::vector<int> OpenNumbers(pid_t pid) {
  return NumbersIn(fmt::format("/proc/{}/fd", pid)).value_or(std::vector<int>());
}

std::string TargetOf(pid_t pid, int fd) {
  std::array<char, 512> buffer;
  const ssize_t length =
      readlink(fmt::format("/proc/{}/fd/{}", pid, fd).c_str(), buffer.data(), buffer.size());
  return length < 0 ? "" : std::string(buffer.data(), static_cast<size_t>(length));
}

int WatchedWith(pid_t pid, int epoll, uint64_t data) {
  // A line for each: "tfd:        5 events:       19 data:                5  pos:0 ino:..."
  std::istringstream lines(ReadWhole(fmt::format("/proc/{}/fdinfo/{}", pid, epoll)).value_or(""));
  int found = -1;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("tfd:") || NumberIn<uint64_t>(WordAfter(line, "data:"), 16) != data) {
      continue;
    }
    if (found >= 0) return -1;
    found = NumberIn<int>(WordAfter(line, "tfd:"));
  }
  return found;
}

std::optional<OpenFile> OpenFileAt(pid_t pid, int fd) {
  const std::string target = TargetOf(pid, fd);
  if (target.empty()) return std::nullopt;  // closed by now
  OpenFile file{.fd = fd, .kind = KindOf(target)};
  if (file.kind == OpenFile::Kind::kSocket || file.kind == OpenFile::Kind::kPipe) {
    file.inode = NumberIn<uint64_t>(std::string_view(target).substr(target.find('[') + 1));
  }
  return file;
}

bool HasSocketOpen(pid_t pid, std::span<const uint64_t> inodes) {
  const std::vector<int> numbers = OpenNumbers(pid);
  return std::any_of(numbers.begin(), numbers.end(), [&](int fd) {
    const auto file = OpenFileAt(pid, fd);
    return file && file->kind == OpenFile::Kind::kSocket &&
           std::find(inodes.begin(), inodes.end(), file->inode) != inodes.end();
  });
}

bool IsTcpSocket(pid_t pid, int fd) {
  std::array<char, 32> name = {};
  const ssize_t length = getxattr(fmt::format("/proc/{}/fd/{}", pid, fd).c_str(),
                                  "system.sockprotoname", name.data(), name.size() - 1);
  return length > 0 &&
         (std::string_view(name.data()) == "TCP" || std::string_view(name.data()) == "TCPv6");
}

ThreadSummary SummaryOfThreads(pid_t pid, std::span<const pid_t> held) {
  ThreadSummary summary;
  for (const int tid : ThreadNumbers(pid)) {
    const bool is_held = std::binary_search(held.begin(), held.end(), tid);
    const char state = is_held ? 'S' : StateOfThread(pid, tid);
    if (state == 0 || state == 'Z' || state == 'X') continue;
    summary.any_lives = true;
    summary.any_runs = summary.any_runs || state == 'R' || state == 'D';
  }
  return summary;
}

std::vector<Thread> ThreadsOf(pid_t pid) {
  std::vector<Thread> threads;
  for (const pid_t tid : ThreadNumbers(pid)) {
    Thread thread{.tid = tid, .state = StateOfThread(pid, tid)};
    if (thread.state == 0) continue;
    const std::string times = Text(fmt::format("/proc/{}/task/{}/schedstat", pid, tid));
    thread.run_ns = NumberIn<int64_t>(times);
    thread.runqueue_ns = NumberIn<int64_t>(WordAfter(times, " "));
    const std::string status = Text(fmt::format("/proc/{}/task/{}/status", pid, tid));
    thread.sleeps = NumberIn<int64_t>(WordAfter(status, "\nvoluntary_ctxt_switches:"));
    threads.push_back(thread);
  }
  return threads;
}

pid_t ThreadNumbered(pid_t pid, pid_t tid) {
  if (StateOfThread(pid, tid) != 0) return tid;
  for (const pid_t thread : ThreadNumbers(pid)) {
    // "NSpid:\t4711\t12\t1": in each of its namespaces, the innermost last.
    const std::string status = Text(fmt::format("/proc/{}/task/{}/status", pid, thread));
    const size_t at = status.find("\nNSpid:");
    if (at == std::string::npos) continue;
    const std::string_view line =
        std::string_view(status).substr(at + 1, status.find('\n', at + 1) - at - 1);
    if (NumberIn<pid_t>(line.substr(line.rfind('\t') + 1)) == tid) return thread;
  }
  return tid;
}

// No privilege is asked for (pid_for_clock of Linux), unlike for most of /proc.
int64_t CpuNs(pid_t pid) {
  clockid_t clock = 0;
  timespec used = {};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
  return Nanoseconds(used);
}

char StateOf(pid_t pid) { return ReadStat(fmt::format("/proc/{}/stat", pid)).state; }

std::optional<int> EndOfZombie(pid_t pid) {
  const Stat stat = ReadStat(fmt::format("/proc/{}/stat", pid));
  return stat.state == 'Z' ? std::optional(stat.exit_code) : std::nullopt;
}

pid_t ParentOf(pid_t pid) { return ReadStat(fmt::format("/proc/{}/stat", pid)).parent; }

SignalMasks SignalMasksOf(pid_t pid) {
  const std::string status = StatusOf(pid);
  return {.ignored = MaskIn(status, "SigIgn:"), .caught = MaskIn(status, "SigCgt:")};
}

pid_t OutermostHandler(pid_t pid, pid_t root, int signal) {
  pid_t outermost = pid;
  for (pid_t above = pid; above > 1 && above != root; above = ParentOf(above)) {
    if ((SignalMasksOf(above).caught >> (signal - 1) & 1) != 0) outermost = above;
  }
  return outermost;
}

bool MayHavePendingSignals(pid_t pid) {
  return !WordAfter(StatusOf(pid), "SigQ:").starts_with("0/");
}

uint64_t PendingSignals(pid_t pid, pid_t tid) {
  const std::string status = Text(fmt::format("/proc/{}/task/{}/status", pid, tid));
  return MaskIn(status, "SigPnd:") | MaskIn(status, "ShdPnd:");
}

int64_t AnonymousMemory(pid_t pid) {
  return NumberIn<int64_t>(WordAfter(StatusOf(pid), "RssAnon:")) * 1024;
}

int64_t DescriptorLimit(pid_t pid) {
  const std::string limits = Text(fmt::format("/proc/{}/limits", pid));
  const std::string_view word = WordAfter(limits, "Max open files");
  if (word.empty()) return -1;
  return word == "unlimited" ? INT64_MAX : NumberIn<int64_t>(word);
}

std::optional<SleepingCall> SleepingCallOf(pid_t pid, pid_t tid) {
  const std::string text = Text(fmt::format("/proc/{}/task/{}/syscall", pid, tid));
  if (text.empty() || text.starts_with("running") || text.starts_with("-1")) return std::nullopt;
  return SleepingCall{.number = NumberIn<long>(text),
                      .first_argument = NumberIn<uint64_t>(WordAfter(text, " 0x"), 16)};
}

std::vector<pid_t> AllProcesses() { return NumbersIn("/proc").value_or(std::vector<int>()); }

int64_t LastProcessMade() {
  const std::string text = Text("/proc/loadavg");
  return NumberIn<int64_t>(std::string_view(text).substr(text.find_last_of(' ') + 1));
}

namespace {

void AddNew(pid_t pid, std::vector<pid_t>& found) {
  if (std::find(found.begin(), found.end(), pid) == found.end()) found.push_back(pid);
}

// The children of each of its threads, as the kernel lists them (CONFIG_PROC_CHILDREN). Exact for
// children that do not end meanwhile.
void AddChildren(pid_t pid, std::vector<pid_t>& found) {
  for (const int tid : ThreadNumbers(pid)) {
    std::ifstream children(fmt::format("/proc/{}/task/{}/children", pid, tid));
    for (pid_t child; children >> child;) AddNew(child, found);
  }
}

// The same if the kernel does not list them: asks every process for its parent.
void AddDescendantsByScan(std::vector<pid_t>& found) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : AllProcesses()) {
    children.emplace(ParentOf(pid), pid);
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) AddNew(child->second, found);
  }
}

}  // namespace

std::vector<pid_t> WithDescendants(std::span<const pid_t> roots) {
  static const bool tells_children = access("/proc/thread-self/children", R_OK) == 0;
  std::vector<pid_t> found;
  for (const pid_t root : roots) {
    if (StateOf(root) != 0) found.push_back(root);
  }
  if (tells_children) {
    for (size_t i = 0; i < found.size(); ++i) AddChildren(found[i], found);
  } else {
    AddDescendantsByScan(found);
  }
  return found;
}

std::vector<pid_t> HoldersOf(uint64_t socket_inode) {
  std::vector<pid_t> holders;
  for (const pid_t pid : AllProcesses()) {
    if (HasSocketOpen(pid, {&socket_inode, 1})) holders.push_back(pid);
  }
  return holders;
}

}  // namespace hupstorm::sight
