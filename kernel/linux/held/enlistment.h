// How a thread of a server that was started by a command gets its driver: the thread connects to
// the socket that its environment names and sends its number; the driver answers with a file of
// shared memory and the address to map it at. From then on the driver holds the thread's calls.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_
#define HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/door.h"
#include "base/file_descriptor.h"

namespace hupstorm::held {

// The variable that holds the name of the driver's socket (unix(7), abstract, without the zero).
inline constexpr char kDriverVariable[] = "HUPSTORM_DRIVER";

// ---- The server's side: allocates nothing, and leaves nothing open if it fails.

struct Enlisted {
  int line = -1;  // the server's end of the socket; -1: the driver is gone or refuses this thread
  std::byte* memory = nullptr;
};
// Enlists the calling thread at the driver's socket of that name, and waits for the answer.
Enlisted Enlist(std::string_view driver);

// How a process has ended; `status` as waitpid(2) tells.
struct ProcessEnd {
  pid_t pid = -1;
  int status = 0;
};
// Tells the driver of a child of the calling process.
void TellEnd(std::string_view driver, const ProcessEnd& end);

// ---- The driver's side: listens under a new name.

class EnlistmentOffice {
 public:
  // Throws std::system_error.
  EnlistmentOffice() = default;

  const std::string& name() const { return door_.name(); }
  int socket() const { return door_.socket(); }  // readable when a thread wants to enlist

  struct Candidate {
    FileDescriptor line;  // the driver's end of the socket
    pid_t pid = -1;
    pid_t tid = -1;
    int line_there = -1;  // the number of the other end in the server's process
  };
  // The next thread that wants to enlist; nothing if there is none.
  std::optional<Candidate> Next();
  // The ends that were told, up to when Next gave nothing.
  std::vector<ProcessEnd> TakeEnds() { return std::exchange(ends_, {}); }
  // Gives a candidate memory that is mapped at `address` here. False if it has gone.
  static bool Take(int line, int file, std::byte* address);

 private:
  Door door_{"hupstorm-driver", "a socket for the server's threads"};
  std::vector<ProcessEnd> ends_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_
