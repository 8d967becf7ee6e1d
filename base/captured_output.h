// What child processes write to their standard output and error: a file in memory.

#ifndef HUPSTORM_BASE_CAPTURED_OUTPUT_H_
#define HUPSTORM_BASE_CAPTURED_OUTPUT_H_

#include <string>

#include "base/file_descriptor.h"

namespace hupstorm {

class CapturedOutput {
 public:
  CapturedOutput();  // throws std::system_error

  // In a child: its standard output and error go to the file, its standard input is /dev/null. What
  // would make a file larger than 16 MiB fails with EFBIG from then on (RLIMIT_FSIZE).
  // Async-signal-safe.
  void TakeStreams() const;
  // Forgets what was written. Only in a child that has taken the streams. Async-signal-safe.
  void Clear() const;

  // The last 256 KiB.
  std::string Tail() const;

 private:
  FileDescriptor file_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_CAPTURED_OUTPUT_H_
