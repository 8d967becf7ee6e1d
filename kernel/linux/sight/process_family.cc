#include "kernel/linux/sight/process_family.h"

#include <algorithm>
#include <map>

#include "kernel/linux/sight/process_tree.h"

namespace hupstorm::sight {

const std::vector<pid_t>& ProcessFamily::Look() {
  if (root_ < 0) return pids_;
  const int64_t made = LastProcessMade();
  if (made == last_made_ && made != 0) return pids_;
  last_made_ = made;
  LookForNew();
  return pids_;
}

bool ProcessFamily::IsWhole() {
  if (root_ < 0 || (last_certain_ == last_made_ && last_made_ != 0)) return true;
  const std::vector<pid_t> before = pids_;
  last_made_ = LastProcessMade();
  LookForNew();
  if (pids_ != before) return false;
  last_certain_ = last_made_;
  return true;
}

void ProcessFamily::LookForNew() {
  const auto is_new = [this](pid_t pid) {
    if (last_certain_ == 0 || last_made_ == 0) return true;
    const bool is_above = pid > last_certain_;
    // Else the numbers have begun anew.
    return last_made_ >= last_certain_ ? is_above : is_above || pid <= last_made_;
  };
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : AllProcesses()) {
    const bool is_known = std::find(pids_.begin(), pids_.end(), pid) != pids_.end();
    if (is_known || is_new(pid)) children.emplace(ParentOf(pid), pid);
  }
  pids_ = {root_};
  for (size_t i = 0; i < pids_.size(); ++i) {
    const auto [begin, end] = children.equal_range(pids_[i]);
    for (auto child = begin; child != end; ++child) pids_.push_back(child->second);
  }
  pids_.erase(pids_.begin());
}

}  // namespace hupstorm::sight
