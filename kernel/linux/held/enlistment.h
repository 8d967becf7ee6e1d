// How a thread of a server that was started by a command comes to its driver: it connects to a
// socket whose name stands in its environment, says who it is, and is given shared memory.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_
#define HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace hupstorm::held {

// The variable that holds the name of the driver's socket (unix(7), abstract, without the zero).
inline constexpr char kDriverVariable[] = "HUPSTORM_DRIVER";

// ---- The server's side. Neither allocates, nor leaves anything open where it fails.

struct Enlisted {
  int line = -1;  // -1: the driver is gone, or will not have this thread
  std::byte* memory = nullptr;
};
// Enlists the calling thread, and waits until the driver has taken it.
Enlisted Enlist(std::string_view driver);

// ---- The driver's side.

// Listens under a new name. Throws std::system_error.
class EnlistmentOffice {
 public:
  EnlistmentOffice();
  ~EnlistmentOffice();
  EnlistmentOffice(const EnlistmentOffice&) = delete;
  EnlistmentOffice& operator=(const EnlistmentOffice&) = delete;

  std::string_view name() const { return name_; }
  int socket() const { return socket_; }  // readable when somebody wants to enlist

  struct Candidate {
    int line = -1;  // -1: nobody was there, or it went away again; the caller's to close
    pid_t pid = -1;
    pid_t tid = -1;
    int line_there = -1;  // the number of the line in the server's process
  };
  Candidate Next();  // does not block for longer than it takes to say one's name

 private:
  int socket_ = -1;
  char name_[64] = {};
};

// Gives a candidate memory that is mapped at `address` here. False where it has gone.
bool Take(const EnlistmentOffice::Candidate& candidate, int file, std::byte* address);

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_ENLISTMENT_H_
