// An echo server, or a proxy before one, with an event loop; and the bugs that people have reported
// of such servers, each by its name.

#ifndef HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_WORKER_H_
#define HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_WORKER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop.h"

struct Options {
  std::string bug;  // none if empty
  std::string loop = "epoll";
  int late_ms = 0;     // what comes is answered that much later; meanwhile nothing is read
  bool lines = false;  // answers "+PONG\r\n" to each line, in place of the line
  int upstream = -1;   // the port of the server that it is a proxy of; an echo server if negative
};

// Serves the clients of `listener`, which other workers may share.
class Worker {
 public:
  Worker(const Options& options, int listener);
  [[noreturn]] void Run();

 private:
  struct Connection {
    int peer = -1;  // gets what comes here: an echo server's is the connection itself
    std::deque<std::string> queue;  // to be sent here
    size_t sent = 0;                // of the queue's first piece
    size_t queued = 0;
    bool ended = false;  // nothing more comes
    bool shut = false;   // nothing more is sent
    bool left = false;   // by the bug that forgets it
    int64_t late_until = 0;
    std::string line;  // begun, not ended
  };

  bool Has(const char* bug) const { return options_.bug == bug; }
  bool IsEdgeTriggered() const { return options_.loop == "epoll-et"; }
  bool IsLate(const Connection& connection) const { return connection.late_until > 0; }
  int TimeToWait() const;
  void OnTime();
  void Accept();
  void OnShortage(int error);
  bool Welcome(int fd);
  void Serve(int fd, int events);
  bool Receive(int fd);                       // false if the connection is gone, here and below
  bool Take(int fd, std::string_view bytes);  // what has come
  bool Flush(int fd);
  void Consume(Connection& connection, size_t count);
  bool OnEnd(int fd);
  bool Settle(int fd);
  void Fail(int fd);
  void Close(int fd);

  const Options options_;
  const int listener_;
  const std::unique_ptr<Loop> loop_;
  std::map<int, Connection> connections_;
  std::vector<int> again_;  // to be read once more, without an event
  int64_t accepts_at_ = 0;  // again; 0: now
  int64_t now_ = 0;         // ms
};

#endif  // HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_WORKER_H_
