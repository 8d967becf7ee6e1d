#include "scenarios/worlds/work_at_hand.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <algorithm>

namespace hupstorm {
namespace {

bool Holds(const std::vector<int>& clients, int client) {
  return std::find(clients.begin(), clients.end(), client) != clients.end();
}

}  // namespace

std::vector<WaitEvent> EventsOf(const SystemCall& wait, const DrivenKernel& kernel, size_t most) {
  std::vector<WaitEvent> told;
  if (wait.result <= 0) return told;
  if (wait.call == Call::kEpollWait) {
    const auto* const events = wait.Pointer<const epoll_event>(1);
    for (int64_t i = 0; i < wait.result && told.size() < most; ++i) {
      WaitEvent event{kernel.WatchedWith(wait.Fd(), events[i].data.u64), events[i].events};
      event.is_guess = event.fd < 0 && events[i].data.u64 < 1'000'000;
      if (event.is_guess) event.fd = events[i].data.fd;
      told.push_back(event);
    }
  } else if (wait.call == Call::kPoll) {
    const auto* const fds = wait.Pointer<const pollfd>(0);
    for (size_t i = 0; i < wait.Size(1) && told.size() < most; ++i) {
      if (fds[i].revents == 0) continue;
      told.push_back({fds[i].fd, static_cast<uint16_t>(fds[i].revents)});
    }
  } else if (wait.call == Call::kSelect) {
    constexpr uint32_t kEvents[] = {EPOLLIN, EPOLLOUT, EPOLLPRI};
    // More than an fd_set holds may be asked: Linux looks behind it, and this must not.
    const int end = std::min(wait.Int(0), FD_SETSIZE);
    for (size_t set = 0; set < 3; ++set) {
      const auto* const ready = wait.Pointer<const fd_set>(1 + set);
      for (int fd = 0; fd < end && ready != nullptr && told.size() < most; ++fd) {
        if (FD_ISSET(fd, ready)) told.push_back({fd, kEvents[set]});
      }
    }
  }
  return told;
}

void WorkAtHand::Start() {
  thread_ = 0;
  first_thread_ = -1;
  has_threads_ = knows_told_ = false;
  told_.clear();
  worked_on_.clear();
}

void WorkAtHand::Note(const SystemCall& call, CallFamily family, int client) {
  if (family == CallFamily::kWait) {
    told_.clear();
    worked_on_.clear();
    knows_told_ = true;
    for (const WaitEvent& event : EventsOf(call, kernel_)) {
      knows_told_ = knows_told_ && event.fd >= 0 && !event.is_guess;
      if (event.fd >= 0) told_.push_back(clients_.ClientOf(event.fd));
    }
    return;
  }
  if (client < 0) return;
  if (first_thread_ < 0) first_thread_ = thread_;
  has_threads_ = has_threads_ || thread_ != first_thread_;
  if (family != CallFamily::kClose && !Holds(worked_on_, client)) worked_on_.push_back(client);
}

bool WorkAtHand::IsElsewhere(int client) const {
  return client >= 0 && knows_told_ && !has_threads_ && !worked_on_.empty() &&
         !Holds(worked_on_, client) && !Holds(told_, client);
}

}  // namespace hupstorm
