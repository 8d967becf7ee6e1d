#include "target/reference/stop_signal.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

// Per thread, so that the handler can never meet a server that another thread is taking down.
thread_local constinit const StopSignal* volatile stop_of_this_thread = nullptr;

void HandleSignal(int) {
  const int error = errno;  // belongs to the code that was interrupted
  if (const StopSignal* stop = stop_of_this_thread) stop->Raise();
  errno = error;
}

}  // namespace

StopSignal::StopSignal() : event_(Must(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

void StopSignal::Raise() const {
  const uint64_t one = 1;
  // Fails only if the counter is full, and then the descriptor is readable already.
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof(one));
}

bool StopSignal::Take() const {
  uint64_t count = 0;
  return read(event_.get(), &count, sizeof(count)) == sizeof(count);
}

StopOnSignal::StopOnSignal(int signal, const StopSignal& stop)
    : signal_(signal), former_stop_(stop_of_this_thread) {
  stop_of_this_thread = &stop;
  struct sigaction action = {};
  action.sa_handler = HandleSignal;
  action.sa_flags = SA_RESTART;  // waits end with EINTR all the same, signal(7)
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, &former_action_) != 0) {
    stop_of_this_thread = former_stop_;
    ThrowErrno("sigaction");
  }
}

StopOnSignal::~StopOnSignal() {
  sigaction(signal_, &former_action_, nullptr);
  stop_of_this_thread = former_stop_;
}

}  // namespace hupstorm
