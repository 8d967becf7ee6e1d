#include "scenarios/worlds/descriptor_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "scenarios/oracles/finding_list.h"

namespace hupstorm {
namespace {

using Descriptor = DrivenKernel::Descriptor;
using Kind = DrivenKernel::DescriptorKind;

// What a server makes once may be made in more than one round: by each of its threads when it has
// its first client.
constexpr int kRoundsOfALeak = 5;
constexpr int kMostThreads = 16;
constexpr int kMostNames = 5;

bool IsConnection(const Descriptor& descriptor) { return descriptor.kind == Kind::kConnection; }

// Those that are open in this process.
std::vector<Descriptor> OpenHere() {
  std::vector<Descriptor> open;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return open;
  while (const dirent* const entry = readdir(folder.get())) {
    int fd = -1;
    const auto [end, error] =
        std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), fd);
    if (error == std::errc() && fd != dirfd(folder.get())) {
      open.push_back({.fd = fd, .kind = Kind::kOther});
    }
  }
  return open;
}

std::string HostFileName(int fd) {
  std::array<char, 512> name;
  const ssize_t length =
      readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), name.data(), name.size());
  if (length <= 0) return "file";
  const std::string_view text(name.data(), static_cast<size_t>(length));
  return std::string(text.substr(0, text.find(":[")));  // "pipe:[4711]"
}

// "2 times pipe made by pipe2, /tmp/a.log"
std::string Counted(const std::map<std::string, int>& names) {
  std::string text;
  int shown = 0;
  for (const auto& [name, count] : names) {
    if (!text.empty()) text += ", ";
    if (++shown > kMostNames) return text + "...";
    text += count == 1 ? name : fmt::format("{} times {}", count, name);
  }
  return text;
}

}  // namespace

void DescriptorWatch::BeginScript() {
  before_.clear();
  connections_at_start_ = 0;
  if (ledger_.target->third_party) {
    before_ = kernel_.OpenDescriptors();
    ledger_.descriptors_at_start = static_cast<int>(before_.size());
    connections_at_start_ =
        static_cast<int>(std::count_if(before_.begin(), before_.end(), IsConnection));
  } else {
    ledger_.descriptors_at_start = kernel_.open_descriptor_count();
  }
  CountHostFiles();
  most_others_ =
      ledger_.descriptors_at_start - connections_at_start_ + static_cast<int>(host_files_.size());
}

// Each new one gets the lowest number that is free, so nothing was opened as long as that still is.
void DescriptorWatch::CountHostFiles() {
  if (!host_.RunsHere()) return;
  if (lowest_free_ >= 0 && fcntl(lowest_free_, F_GETFD) == -1) return;
  host_files_ = OpenHere();
  lowest_free_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (lowest_free_ >= 0) close(lowest_free_);
}

void DescriptorWatch::EndRound() {
  ledger_.descriptors_now = kernel_.open_descriptor_count();
  CountHostFiles();
  const int most = ledger_.descriptors_now + static_cast<int>(host_files_.size());
  ledger_.connections_left = 0;
  ledger_.descriptors_left.clear();
  if (ledger_.descriptors_now <= ledger_.descriptors_at_start && most <= most_others_) {
    ledger_.descriptor_growth = {};
    return;
  }
  std::vector<Descriptor> open = kernel_.OpenDescriptors();
  NoteConnections(open);
  std::erase_if(open, IsConnection);
  open.insert(open.end(), host_files_.begin(), host_files_.end());
  NoteOthers(std::move(open));
}

void DescriptorWatch::NoteConnections(const std::vector<Descriptor>& open) {
  int connections = 0;
  std::string names;
  for (const Descriptor& descriptor : open) {
    if (!IsConnection(descriptor)) continue;
    const int client = clients_.ClientOfPeer(descriptor.peer);
    if (++connections <= kMostNames && client >= 0) {
      names += (names.empty() ? "" : ", ") + ledger_.ClientName(ledger_.clients[client]);
    }
  }
  ledger_.connections_left = std::max(connections - connections_at_start_, 0);
  if (connections == 0) return;
  std::string& left = ledger_.descriptors_left;
  left = fmt::format("{} connection{}", connections, connections == 1 ? "" : "s");
  if (!names.empty())
    left += fmt::format(" ({}{})", names, connections > kMostNames ? ", ..." : "");
  const int others = ledger_.descriptors_now - ledger_.descriptors_at_start - connections;
  if (others > 0) left += fmt::format(", {} other descriptor{}", others, others == 1 ? "" : "s");
}

void DescriptorWatch::NoteOthers(std::vector<Descriptor> open) {
  DescriptorGrowth& growth = ledger_.descriptor_growth;
  const int count = static_cast<int>(open.size());
  if (count <= most_others_) {
    growth = {};
  } else {
    ++growth.rounds;
    growth.count += count - std::exchange(most_others_, count);
    growth.is_leak = growth.rounds >= kRoundsOfALeak &&
                     growth.count > std::min(kernel_.thread_count(), kMostThreads);
  }
  if (growth.is_leak) {
    std::map<std::string, int> names;
    std::string kinds;
    for (const Descriptor& descriptor : open) {
      const auto is_same = [&](const Descriptor& other) {
        return other.fd == descriptor.fd && other.process == descriptor.process;
      };
      if (std::any_of(before_.begin(), before_.end(), is_same)) continue;
      const bool is_here = std::any_of(host_files_.begin(), host_files_.end(), is_same);
      ++names[is_here ? HostFileName(descriptor.fd) : kernel_.Describe(descriptor)];
      growth.call = ledger_.calls.MakerOf(descriptor.fd);
      kinds += static_cast<char>('0' + static_cast<int>(descriptor.kind));
    }
    std::sort(kinds.begin(), kinds.end());
    kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
    growth.what = Counted(names);
    growth.kinds = StableHash(kinds);
  }
  before_ = std::move(open);
}

bool DescriptorWatch::WantsAnotherRound() const {
  const DescriptorGrowth& growth = ledger_.descriptor_growth;
  return growth.rounds > 0 && !growth.is_leak && ledger_.connections_left == 0;
}

void DescriptorWatch::EndServer() {
  ledger_.descriptors_now = kernel_.open_descriptor_count();
  ledger_.descriptors_left.clear();
  if (ledger_.descriptors_now == 0) return;
  std::map<std::string, int> names;
  for (const Descriptor& descriptor : kernel_.OpenDescriptors()) {
    const int client = clients_.ClientOfPeer(descriptor.peer);
    ++names[client < 0
                ? kernel_.Describe(descriptor)
                : fmt::format("connection of {}", ledger_.ClientName(ledger_.clients[client]))];
  }
  ledger_.descriptors_left = Counted(names);
}

}  // namespace hupstorm
