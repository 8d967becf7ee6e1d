// The program's end of the socket to its driver.

#ifndef HUPSTORM_SCENARIOS_WORLDS_INSIDE_DRIVER_LINE_H_
#define HUPSTORM_SCENARIOS_WORLDS_INSIDE_DRIVER_LINE_H_

#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "scenarios/worlds/inside/messages.h"

namespace hupstorm::inside {

class DriverLine {
 public:
  // Connects to the driver's socket of that name, under a number that the program does not come
  // upon. False if the driver is gone.
  bool Connect(std::string_view driver);
  bool is_connected() const { return static_cast<bool>(socket_); }
  int socket() const { return socket_.get(); }

  // If the driver is gone this process ends at once: nobody wants to know.
  void Send(MessageKind kind, std::string_view bytes = {});
  // Waits for a message of that kind; its bytes. If another comes this process ends.
  std::string Receive(MessageKind kind);
  // Waits for the driver's page, which comes before a message.
  Progress& ReceivePage();

 private:
  FileDescriptor socket_;
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_SCENARIOS_WORLDS_INSIDE_DRIVER_LINE_H_
