// One client of the echo server: what it sends goes through a bounded buffer back to it.
//
//            recv                      send
//   client --------> unsent output --------> client
//             ^                         |
//             +--- not while paused <---+
//
// While the output stands at the high-water mark nothing is read, until it has fallen to the
// low-water mark: the client's own TCP window then holds it back. After the client's end of input
// (half-close or close) what is unsent is still sent; then the connection is over.

#ifndef HUPSTORM_TARGET_REFERENCE_CONNECTION_H_
#define HUPSTORM_TARGET_REFERENCE_CONNECTION_H_

#include <cstddef>
#include <span>

#include "target/reference/multiplexer.h"
#include "target/reference/output_buffer.h"
#include "target/reference/unique_fd.h"

namespace hupstorm {

// How much is held for a client that does not read, in bytes.
struct OutputLimits {
  size_t high_water = 65'536;  // at least 1; never more than this is held
  size_t low_water = 32'768;   // less than high_water
};

class Connection {
 public:
  // `socket` is connected and non-blocking.
  Connection(UniqueFd socket, const OutputLimits& limits)
      : socket_(std::move(socket)), limits_(limits) {}

  // Notes what a wait reported. It may be wrong: calls that find nothing do no harm.
  void NoteReady(Readiness ready) {
    readable_ |= ready.read;
    writable_ |= ready.write;
    behind_short_read_ |= ready.behind_short_read;
  }

  // Does what can be done now, up to a bounded number of calls, so that no client can keep the
  // server from the others. False when the connection is over: everything echoed after the end of
  // input, or broken. `scratch` is any memory, shared by all connections between their calls.
  bool Serve(std::span<char> scratch);

  // True if Serve left something that can be done without waiting for it.
  bool has_work() const { return wants_to_send() || wants_to_receive(); }
  // What a level-triggered wait must look for. Never nothing.
  Interest interest() const {
    return {.read = !end_of_input_ && !paused_, .write = !output_.empty()};
  }

  int fd() const { return socket_.get(); }

 private:
  bool wants_to_send() const { return writable_ && !output_.empty(); }
  bool wants_to_receive() const { return readable_ && !end_of_input_ && !paused_; }

  // Each makes one call; false when the connection is broken.
  bool SendOutput();
  bool Receive(std::span<char> scratch);

  // Sends a part of `bytes`, returned in `sent`.
  bool Send(std::span<const char> bytes, size_t& sent);

  UniqueFd socket_;
  OutputBuffer output_;
  const OutputLimits& limits_;

  // Whether the next recv or send may succeed, as far as is known. A new socket can take output.
  bool readable_ = false;
  bool writable_ = true;
  // Whether recv must be asked again until it finds nothing.
  bool behind_short_read_ = false;
  bool end_of_input_ = false;
  bool paused_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_CONNECTION_H_
