// Tells a test of the end of processes that it has not started itself: they hold the write end of a
// FIFO, and it is at its end when the last of them is gone.

#ifndef HUPSTORM_TESTS_PROCESS_LIFELINE_H_
#define HUPSTORM_TESTS_PROCESS_LIFELINE_H_

#include <string>

namespace hupstorm {

class Lifeline {
 public:
  Lifeline();
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  // For a shell, before the command of a server: it and all its descendants hold the FIFO as
  // descriptor 9. "exec 9>/tmp/x/lifeline; ".
  std::string Prefix() const;
  // What a process wrote to descriptor 9: awaits a full line, without its end. Fails the test, and
  // returns what there is, where none comes in 20 s.
  std::string ReadLine();
  // Awaits the end of all that hold it; false after `ms`, or where nobody has held it.
  bool IsLetGoWithin(int ms);

 private:
  bool ReadWithin(int ms);

  std::string folder_;
  std::string unread_;
  int fd_ = -1;
  bool ended_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROCESS_LIFELINE_H_
