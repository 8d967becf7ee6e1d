// Python's select module: select.select, select.poll and select.epoll.

#ifndef HUPSTORM_TARGET_DOCUMENTED_PYTHON_READINESS_H_
#define HUPSTORM_TARGET_DOCUMENTED_PYTHON_READINESS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "target/documented/python/containers.h"
#include "target/documented/python/socket.h"

namespace hupstorm::python {

inline constexpr double kForever = -1;

// CLOCK_MONOTONIC, in seconds.
double MonotonicSeconds();

// Waits that a signal interrupts go on for the rest of their time (PEP 475).

struct Ready {
  std::vector<Socket> readable;
  std::vector<Socket> writable;
  std::vector<Socket> exceptional;
};

// select.select: the ready ones, in the order given. Throws ValueError for a closed socket and for
// a descriptor from FD_SETSIZE (1024) up.
Ready Select(const std::vector<Socket>& readable, const std::vector<Socket>& writable,
             const std::vector<Socket>& exceptional, double timeout_seconds = kForever);

// Not Python's: the same for descriptors of any size, by poll(2).
Ready SelectByPoll(const std::vector<Socket>& readable, const std::vector<Socket>& writable,
                   const std::vector<Socket>& exceptional, double timeout_seconds = kForever);

// A descriptor and the events on it.
using Event = std::pair<int, uint32_t>;

// select.poll
class Poll {
 public:
  void Register(const Socket& socket, uint32_t events);  // throws ValueError if closed
  void Modify(const Socket& socket, uint32_t events);    // throws ENOENT if not registered
  void Unregister(const Socket& socket);                 // throws KeyError if not registered
  std::vector<Event> Wait(double timeout_ms);            // poll(timeout)

 private:
  Dict<int, uint32_t> watched_;
};

// select.epoll. All descriptors are checked as Python does: a negative one throws ValueError.
class Epoll {
 public:
  Epoll();
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  ~Epoll();

  void Register(int fd, uint32_t events);
  void Modify(int fd, uint32_t events);
  void Unregister(int fd);
  std::vector<Event> Wait(double timeout_seconds = kForever);  // poll(timeout): at most 1023 events
  void Close();

 private:
  void Control(int operation, int fd, uint32_t events);

  int epfd_;
};

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_PYTHON_READINESS_H_
