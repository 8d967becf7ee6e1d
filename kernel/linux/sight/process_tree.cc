#include "kernel/linux/sight/process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <memory>
#include <string_view>

namespace hupstorm::sight {
namespace {

// The names in a folder that are numbers, in order; nullopt where it cannot be opened.
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

// Files of /proc that are looked at here fit, and are read at once, as they change.
class SmallFile {
 public:
  explicit SmallFile(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ssize_t count = read(fd, text_.data(), text_.size());
    length_ = count < 0 ? 0 : static_cast<size_t>(count);
    close(fd);
  }
  std::string_view text() const { return {text_.data(), length_}; }

 private:
  std::array<char, 4096> text_;
  size_t length_ = 0;
};

// The word after the first `key` in `text`; empty where there is none.
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
  int threads = 0;
};

// What comes after the command's name, which may hold anything, parentheses too.
Stat ReadStat(const std::string& path) {
  const SmallFile file(path);
  const std::string_view text = file.text();
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string_view::npos || text.size() < end_of_name + 5) return {};
  std::string_view fields = text.substr(end_of_name + 2);  // from field 3 on
  Stat stat;
  stat.state = fields[0];
  for (int field = 3; field <= 20 && !fields.empty(); ++field) {
    if (field == 4) stat.parent = NumberIn<pid_t>(fields);
    if (field == 20) stat.threads = NumberIn<int>(fields);
    fields.remove_prefix(std::min(fields.find(' '), fields.size() - 1) + 1);
  }
  return stat;
}

OpenFile::Kind KindOf(std::string_view target) {
  static constexpr std::pair<std::string_view, OpenFile::Kind> kKinds[] = {
      {"socket:[", OpenFile::Kind::kSocket},
      {"pipe:[", OpenFile::Kind::kPipe},
      {"anon_inode:[eventpoll]", OpenFile::Kind::kEpoll},
      {"anon_inode:[eventfd]", OpenFile::Kind::kEventfd},
      {"anon_inode:[timerfd]", OpenFile::Kind::kTimerfd},
      {"/", OpenFile::Kind::kFile}};
  for (const auto& [start, kind] : kKinds) {
    if (target.starts_with(start)) return kind;
  }
  return OpenFile::Kind::kOther;
}

// False where it has been closed by now.
bool ReadLink(pid_t pid, int fd, OpenFile& file) {
  std::array<char, 512> buffer;
  const ssize_t length =
      readlink(fmt::format("/proc/{}/fd/{}", pid, fd).c_str(), buffer.data(), buffer.size());
  if (length < 0) return false;
  file.fd = fd;
  file.target.assign(buffer.data(), static_cast<size_t>(length));
  file.kind = KindOf(file.target);
  file.inode = 0;
  if (file.kind == OpenFile::Kind::kSocket || file.kind == OpenFile::Kind::kPipe) {
    const std::string_view target = file.target;
    file.inode = NumberIn<uint64_t>(target.substr(target.find('[') + 1));
  }
  return true;
}

uint64_t MaskIn(std::string_view status, std::string_view key) {
  return NumberIn<uint64_t>(WordAfter(status, key), 16);
}

}  // namespace

std::optional<std::vector<OpenFile>> OpenFiles(pid_t pid) {
  const auto numbers = NumbersIn(fmt::format("/proc/{}/fd", pid));
  if (!numbers) return std::nullopt;
  std::vector<OpenFile> files;
  OpenFile file;
  for (const int fd : *numbers) {
    if (ReadLink(pid, fd, file)) files.push_back(file);
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

std::optional<OpenFile> OpenFileAt(pid_t pid, int fd) {
  OpenFile file;
  if (!ReadLink(pid, fd, file)) return std::nullopt;
  return file;
}

bool HasSocketOpen(pid_t pid, std::span<const uint64_t> inodes) {
  OpenFile file;
  for (const int fd : OpenNumbers(pid)) {
    if (ReadLink(pid, fd, file) && file.kind == OpenFile::Kind::kSocket &&
        std::find(inodes.begin(), inodes.end(), file.inode) != inodes.end()) {
      return true;
    }
  }
  return false;
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
  for (const int tid : NumbersIn(fmt::format("/proc/{}/task", pid)).value_or(std::vector<int>())) {
    if (std::find(held.begin(), held.end(), tid) != held.end()) {
      summary.any_lives = true;
      continue;
    }
    const char state = ReadStat(fmt::format("/proc/{}/task/{}/stat", pid, tid)).state;
    if (state == 0 || state == 'Z' || state == 'X') continue;
    summary.any_lives = true;
    summary.any_runs = summary.any_runs || state == 'R' || state == 'D';
  }
  return summary;
}

std::vector<Thread> ThreadsOf(pid_t pid) {
  std::vector<Thread> threads;
  const auto tids = NumbersIn(fmt::format("/proc/{}/task", pid));
  if (!tids) return threads;
  for (const pid_t tid : *tids) {
    Thread thread;
    thread.tid = tid;
    thread.state = ReadStat(fmt::format("/proc/{}/task/{}/stat", pid, tid)).state;
    if (thread.state == 0) continue;
    const SmallFile schedstat(fmt::format("/proc/{}/task/{}/schedstat", pid, tid));
    const std::string_view times = schedstat.text();
    thread.run_ns = NumberIn<int64_t>(times);
    thread.runqueue_ns = NumberIn<int64_t>(WordAfter(times, " "));
    thread.has_run_time = !times.empty();
    const SmallFile status(fmt::format("/proc/{}/task/{}/status", pid, tid));
    thread.sleeps = NumberIn<int64_t>(WordAfter(status.text(), "\nvoluntary_ctxt_switches:"));
    threads.push_back(thread);
  }
  return threads;
}

bool IsAsleep(pid_t pid) {
  constexpr auto asleep = [](char state) {
    return state == 0 || state == 'S' || state == 'T' || state == 't' || state == 'Z' ||
           state == 'X';
  };
  const Stat first = ReadStat(fmt::format("/proc/{}/stat", pid));
  if (!asleep(first.state) || first.threads <= 1) return asleep(first.state);
  for (const pid_t tid :
       NumbersIn(fmt::format("/proc/{}/task", pid)).value_or(std::vector<int>())) {
    if (!asleep(ReadStat(fmt::format("/proc/{}/task/{}/stat", pid, tid)).state)) return false;
  }
  return true;
}

// No privilege is asked for (pid_for_clock of Linux), unlike for most of /proc.
int64_t CpuNs(pid_t pid) {
  clockid_t clock = 0;
  timespec used = {};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
  return used.tv_sec * 1'000'000'000LL + used.tv_nsec;
}

char StateOf(pid_t pid) { return ReadStat(fmt::format("/proc/{}/stat", pid)).state; }

pid_t ParentOf(pid_t pid) { return ReadStat(fmt::format("/proc/{}/stat", pid)).parent; }

SignalMasks SignalMasksOf(pid_t pid) {
  const SmallFile status(fmt::format("/proc/{}/status", pid));
  return {.ignored = MaskIn(status.text(), "SigIgn:"), .caught = MaskIn(status.text(), "SigCgt:")};
}

uint64_t PendingSignals(pid_t pid, pid_t tid) {
  const SmallFile status(fmt::format("/proc/{}/task/{}/status", pid, tid));
  return MaskIn(status.text(), "SigPnd:") | MaskIn(status.text(), "ShdPnd:");
}

int64_t AnonymousMemory(pid_t pid) {
  const SmallFile status(fmt::format("/proc/{}/status", pid));
  return NumberIn<int64_t>(WordAfter(status.text(), "RssAnon:")) * 1024;
}

int64_t DescriptorLimit(pid_t pid) {
  const SmallFile limits(fmt::format("/proc/{}/limits", pid));
  const std::string_view word = WordAfter(limits.text(), "Max open files");
  if (word.empty()) return -1;
  return word == "unlimited" ? INT64_MAX : NumberIn<int64_t>(word);
}

std::optional<SleepingCall> SleepingCallOf(pid_t pid) {
  const SmallFile file(fmt::format("/proc/{}/syscall", pid));
  const std::string_view text = file.text();
  if (text.empty() || text.starts_with("running") || text.starts_with("-1")) return std::nullopt;
  const std::string_view first = WordAfter(text, " 0x");
  return SleepingCall{.number = NumberIn<long>(text),
                      .first_argument = NumberIn<uint64_t>(first, 16)};
}

int64_t LastProcessMade() {
  const SmallFile file("/proc/loadavg");
  const std::string_view text = file.text();
  return NumberIn<int64_t>(text.substr(text.find_last_of(' ') + 1));
}

namespace {

void AddNew(pid_t pid, std::vector<pid_t>& found) {
  if (std::find(found.begin(), found.end(), pid) == found.end()) found.push_back(pid);
}

// The children of each of its threads, as the kernel lists them (CONFIG_PROC_CHILDREN). Exact for
// children that do not end meanwhile.
void AddChildren(pid_t pid, std::vector<pid_t>& found) {
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  for (const int tid : NumbersIn(tasks).value_or(std::vector<int>())) {
    std::ifstream children(fmt::format("{}/{}/children", tasks, tid));
    for (pid_t child; children >> child;) AddNew(child, found);
  }
}

// The same where the kernel does not list them: asks every process for its parent.
void AddDescendantsByScan(std::vector<pid_t>& found) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : NumbersIn("/proc").value_or(std::vector<int>())) {
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
  for (const pid_t pid : NumbersIn("/proc").value_or(std::vector<int>())) {
    if (HasSocketOpen(pid, {&socket_inode, 1})) holders.push_back(pid);
  }
  return holders;
}

}  // namespace hupstorm::sight
