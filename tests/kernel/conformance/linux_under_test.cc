#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "kernel/host_kernel.h"
#include "tests/kernel/conformance/kernel_under_test.h"

namespace hupstorm {
namespace {

void Require(bool ok, const char* what) {
  if (ok) return;
  perror(what);
  abort();
}

class LinuxUnderTest final : public KernelUnderTest {
 public:
  LinuxUnderTest() { Require(getrlimit(RLIMIT_NOFILE, &former_limit_) == 0, "getrlimit"); }

  ~LinuxUnderTest() override {
    StopRaising();
    LiftDescriptorLimit();
  }

  Syscalls& syscalls() override { return kernel_; }

  // The limit is on the number, not the count, and this process has descriptors of its own: find
  // the number below which exactly `more` are free.
  void SetDescriptorLimit(int more) override {
    int limit = 0;
    for (int free = 0; free < more || IsOpen(limit); ++limit) {
      if (!IsOpen(limit)) ++free;
    }
    const rlimit wanted = {static_cast<rlim_t>(limit), former_limit_.rlim_max};
    Require(setrlimit(RLIMIT_NOFILE, &wanted) == 0, "setrlimit");
  }

  void LiftDescriptorLimit() override {
    Require(setrlimit(RLIMIT_NOFILE, &former_limit_) == 0, "setrlimit");
  }

  void Raise(int signal) override { Require(raise(signal) == 0, "raise"); }

  void RaiseEvery(std::chrono::milliseconds interval, int signal) override {
    Require(!timer_running_, "RaiseEvery is for one signal at a time");
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal;
    Require(timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0, "timer_create");
    timer_running_ = true;
    const timespec every = {interval.count() / 1000, (interval.count() % 1000) * 1'000'000};
    const itimerspec value = {every, every};
    Require(timer_settime(timer_, 0, &value, nullptr) == 0, "timer_settime");
  }

  void StopRaising() override {
    if (timer_running_) Require(timer_delete(timer_) == 0, "timer_delete");
    timer_running_ = false;
  }

 private:
  static bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

  HostKernel kernel_;
  rlimit former_limit_ = {};
  timer_t timer_ = {};
  bool timer_running_ = false;
};

}  // namespace

std::unique_ptr<KernelUnderTest> MakeLinuxUnderTest() { return std::make_unique<LinuxUnderTest>(); }

}  // namespace hupstorm
