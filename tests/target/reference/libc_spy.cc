#include "tests/target/reference/libc_spy.h"

#include <dlfcn.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>

namespace hupstorm {
namespace {

thread_local constinit bool on_server_thread = false;
thread_local constinit int64_t server_heap = 0;

// What the spy itself allocates and calls is not the server's.
class Aside {
 public:
  Aside() { on_server_thread = false; }
  ~Aside() { on_server_thread = true; }
};

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// What to do about a call before it is made: 0 to go on, -1 to fail with errno set.
int Before(Watched call, int fd, size_t* most = nullptr) {
  LibcSpy::Verdict verdict;
  {
    Aside aside;
    verdict = LibcSpy::Instance().Enter(call, fd);
  }
  if (verdict.error == kThrow) throw LeftTheCall();
  if (most != nullptr) *most = verdict.most;
  errno = verdict.error;
  return verdict.error == 0 ? 0 : -1;
}

template <typename Call>
int Wait(int timeout_ms, Call&& call) {
  if (Before(Watched::kWait, -1) < 0) return -1;
  {
    Aside aside;
    LibcSpy::Instance().EnterWait(timeout_ms);
  }
  const int result = call();
  const int error = errno;
  {
    Aside aside;
    LibcSpy::Instance().LeaveWait();
  }
  errno = error;
  return result;
}

ssize_t Move(Watched call, int fd, size_t length, const std::function<ssize_t(size_t)>& move) {
  size_t most = SIZE_MAX;
  if (Before(call, fd, &most) < 0) return -1;
  const ssize_t moved = move(std::min(length, most));
  const int error = errno;
  if (moved > 0) {
    Aside aside;
    LibcSpy::Instance().Moved(call, fd, static_cast<size_t>(moved));
    if (most < length) LibcSpy::Instance().RaiseEdges(fd);
  }
  errno = error;
  return moved;
}

}  // namespace

LibcSpy& LibcSpy::Instance() {
  static LibcSpy spy;
  return spy;
}

void LibcSpy::Reset() {
  std::lock_guard lock(mutex_);
  std::fill(std::begin(counts_), std::end(counts_), 0);
  faults_.clear();
  hook_in_ = 0;
  hook_ = nullptr;
  hook_has_run_ = false;
  resting_ = false;
  flows_.clear();
  registrations_.clear();
  most_held_ = 0;
  most_calls_ = 0;
}

void LibcSpy::Fail(Watched call, int error, int times, int skip) {
  std::lock_guard lock(mutex_);
  faults_.push_back({call, {.error = error}, skip, times});
}

void LibcSpy::StopFailing() {
  std::lock_guard lock(mutex_);
  faults_.clear();
}

void LibcSpy::Shorten(Watched call, size_t most, int times) {
  std::lock_guard lock(mutex_);
  faults_.push_back({call, {.error = 0, .most = most}, 0, times});
}

void LibcSpy::Before(Watched call, int nth, std::function<void()> action) {
  std::lock_guard lock(mutex_);
  hook_call_ = call;
  hook_in_ = nth;
  hook_ = std::move(action);
  hook_has_run_ = false;
}

int LibcSpy::count(Watched call) {
  std::lock_guard lock(mutex_);
  return counts_[static_cast<int>(call)];
}

bool LibcSpy::hook_has_run() {
  std::lock_guard lock(mutex_);
  return hook_has_run_;
}

bool LibcSpy::Await(std::function<bool()> holds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), holds);
}

bool LibcSpy::AwaitCount(Watched call, int count) {
  return Await([&] { return counts_[static_cast<int>(call)] >= count; });
}

bool LibcSpy::AwaitHook() {
  return Await([&] { return hook_has_run_; });
}

bool LibcSpy::AwaitRest(int closes) {
  return Await([&] { return resting_ && counts_[static_cast<int>(Watched::kClose)] >= closes; });
}

size_t LibcSpy::most_held() {
  std::lock_guard lock(mutex_);
  return most_held_;
}

int LibcSpy::most_calls_in_a_round() {
  std::lock_guard lock(mutex_);
  return most_calls_;
}

int64_t LibcSpy::heap_at_last_wait() {
  std::lock_guard lock(mutex_);
  return heap_;
}

LibcSpy::Verdict LibcSpy::Enter(Watched call, int fd) {
  std::function<void()> hook;
  {
    std::lock_guard lock(mutex_);
    if (call == hook_call_ && hook_in_ > 0 && --hook_in_ == 0) hook = std::move(hook_);
  }
  if (hook) hook();

  std::lock_guard lock(mutex_);
  if (hook) hook_has_run_ = true;
  ++counts_[static_cast<int>(call)];
  changed_.notify_all();
  if (call == Watched::kRecv || call == Watched::kSend) {
    most_calls_ = std::max(most_calls_, ++flows_[fd].calls);
  } else if (call == Watched::kClose) {
    flows_.erase(fd);
    registrations_.erase(fd);
  } else if (call == Watched::kWait) {
    for (auto& [key, flow] : flows_) flow.calls = 0;
  }
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (fault->call != call) continue;
    if (fault->skip > 0) {
      --fault->skip;
      continue;
    }
    const Verdict verdict = fault->verdict;
    if (--fault->times == 0) faults_.erase(fault);
    return verdict;
  }
  return {};
}

void LibcSpy::Moved(Watched call, int fd, size_t bytes) {
  std::lock_guard lock(mutex_);
  Flow& flow = flows_[fd];
  (call == Watched::kRecv ? flow.received : flow.sent) += bytes;
  // What has just been received is on its way through the server's hands, not held.
  if (call == Watched::kSend) most_held_ = std::max(most_held_, flow.received - flow.sent);
}

void LibcSpy::Registered(int epfd, int fd, const epoll_event& event) {
  std::lock_guard lock(mutex_);
  registrations_[fd] = {.epfd = epfd, .event = event};
}

void LibcSpy::RaiseEdges(int fd) {
  std::lock_guard lock(mutex_);
  const auto found = registrations_.find(fd);
  if (found == registrations_.end()) return;
  epoll_ctl(found->second.epfd, EPOLL_CTL_MOD, fd, &found->second.event);
}

void LibcSpy::EnterWait(int timeout_ms) {
  std::lock_guard lock(mutex_);
  for (const auto& [fd, flow] : flows_) {
    most_held_ = std::max(most_held_, flow.received - flow.sent);
  }
  resting_ = timeout_ms < 0;
  heap_ = server_heap;
  changed_.notify_all();
}

void LibcSpy::LeaveWait() {
  std::lock_guard lock(mutex_);
  resting_ = false;
}

ServerThread::ServerThread() {
  on_server_thread = true;
  server_heap = 0;
}

ServerThread::~ServerThread() { on_server_thread = false; }

}  // namespace hupstorm

using namespace hupstorm;

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  static auto* real = Real<decltype(accept4)>("accept4");
  if (on_server_thread && Before(Watched::kAccept, fd) < 0) return -1;
  return real(fd, address, length, flags);
}

ssize_t recv(int fd, void* buffer, size_t length, int flags) {
  static auto* real = Real<decltype(recv)>("recv");
  if (!on_server_thread) return real(fd, buffer, length, flags);
  return Move(Watched::kRecv, fd, length, [&](size_t n) { return real(fd, buffer, n, flags); });
}

ssize_t send(int fd, const void* buffer, size_t length, int flags) {
  static auto* real = Real<decltype(send)>("send");
  if (!on_server_thread) return real(fd, buffer, length, flags);
  return Move(Watched::kSend, fd, length, [&](size_t n) { return real(fd, buffer, n, flags); });
}

int epoll_wait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  static auto* real = Real<decltype(epoll_wait)>("epoll_wait");
  const auto call = [&] { return real(epfd, events, max_events, timeout_ms); };
  return on_server_thread ? Wait(timeout_ms, call) : call();
}

int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  static auto* real = Real<decltype(poll)>("poll");
  const auto call = [&] { return real(fds, count, timeout_ms); };
  return on_server_thread ? Wait(timeout_ms, call) : call();
}

int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  static auto* real = Real<decltype(select)>("select");
  const auto call = [&] { return real(count, readable, writable, exceptional, timeout); };
  return on_server_thread ? Wait(timeout == nullptr ? -1 : 0, call) : call();
}

int epoll_ctl(int epfd, int operation, int fd, epoll_event* event) noexcept {
  static auto* real = Real<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (!on_server_thread) return real(epfd, operation, fd, event);
  if (Before(Watched::kEpollCtl, fd) < 0) return -1;
  if (event != nullptr) {
    Aside aside;
    LibcSpy::Instance().Registered(epfd, fd, *event);
  }
  return real(epfd, operation, fd, event);
}

int close(int fd) {
  static auto* real = Real<decltype(close)>("close");
  if (on_server_thread && Before(Watched::kClose, fd) < 0) return -1;
  return real(fd);
}

}  // extern "C"

// Each block begins with its size: malloc_usable_size differs by a few bytes from one block to the
// next of the same size. Not inlined, or else g++ takes malloc and free for a pair that does not
// match new and delete.
constexpr size_t kHeader = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

[[gnu::noinline]] void* operator new(size_t size) {
  auto* start = static_cast<char*>(malloc(kHeader + size));
  if (start == nullptr) throw std::bad_alloc();
  memcpy(start, &size, sizeof(size));
  if (on_server_thread) server_heap += static_cast<int64_t>(size);
  return start + kHeader;
}

[[gnu::noinline]] void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  char* start = static_cast<char*>(block) - kHeader;
  size_t size = 0;
  memcpy(&size, start, sizeof(size));
  if (on_server_thread) server_heap -= static_cast<int64_t>(size);
  free(start);
}

void operator delete(void* block, size_t) noexcept { operator delete(block); }
