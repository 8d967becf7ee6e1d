// doc001/poll: an echo server on poll, with one FIFO queue per connection.
//
// The document's statements, in its order; each mend has its name beside it.

#include <poll.h>

#include "target/documented/mending.h"
#include "target/documented/python/readiness.h"
#include "target/documented/servers.h"

namespace hupstorm::python {
namespace {

constexpr double kTimeoutMs = 1000.;

class PollQueueServer {
 public:
  PollQueueServer(MendSet mends, uint16_t port)
      : mends_(mends),
        // urgent-data-kills: nothing here reads urgent data, so it isn't asked for.
        read_only_(POLLIN | POLLHUP | POLLERR | (mends.Has(Mend::kUrgentDataKills) ? 0 : POLLPRI)),
        read_write_(read_only_ | POLLOUT),
        server_(Socket::Create()),
        server_address_{"127.0.0.1", port} {}

  [[noreturn]] void Run();

 private:
  void Accept(Socket s);
  bool ReadFrom(Socket s, uint32_t flag);  // false: it closed the connection
  bool EndOfInput(Socket s);               // false: it closed the connection
  void HangUp(Socket s);
  void WriteTo(Socket s);
  void HandleError(Socket s);
  // Forgets all there is of a connection, as far as `queue` and close-keeps-fd-map's mend say.
  void Close(Socket s, bool queue = true);
  void Watch(Socket s);  // READ_ONLY or READ_WRITE, by what is queued
  std::string ClosingName(Socket s) const;

  const MendSet mends_;
  const uint32_t read_only_;
  const uint32_t read_write_;
  Socket server_;
  const Address server_address_;
  Poll poller_;
  Dict<int, Socket> fd_to_socket_;
  Dict<Socket, Queue, SocketHash> message_queues_;
  Address client_address_;  // a variable of the whole script: of the last client accepted
  // half-close-drops-queue: they have sent their FIN and wait for the rest of their queue.
  Dict<Socket, bool, SocketHash> finishing_;
  ListenerPause pause_;
};

void PollQueueServer::Run() {
  server_.SetBlocking(false);
  PrintToStderr("starting up on " + server_address_.host + " port " +
                std::to_string(server_address_.port));
  server_.Bind(server_address_);
  server_.Listen(5);
  poller_.Register(server_, read_only_);
  fd_to_socket_.Set(server_.fileno(), server_);

  while (true) {
    if (pause_.EndIfOver()) poller_.Modify(server_, read_only_);
    PrintToStderr("\nwaiting for the next event");
    const std::vector<Event> events = poller_.Wait(pause_.Shorten(kTimeoutMs / 1e3) * 1e3);

    for (const auto& [fd, flag] : events) {
      const Socket s = fd_to_socket_[fd];
      if ((flag & (POLLIN | POLLPRI)) != 0) {
        if (s == server_) {
          Accept(s);
        } else {
          const bool open = ReadFrom(s, flag);
          const bool writable = (flag & POLLOUT) != 0;
          if (open && writable && mends_.Has(Mend::kInputStarvesOutput)) WriteTo(s);
        }
      } else if ((flag & POLLHUP) != 0) {
        HangUp(s);
      } else if ((flag & POLLOUT) != 0) {
        WriteTo(s);
      } else if ((flag & POLLERR) != 0) {
        HandleError(s);
      }
    }
  }
}

void PollQueueServer::Accept(Socket s) {
  try {
    auto [connection, client_address] = s.Accept();
    client_address_ = client_address;
    PrintToStderr("new connection from", client_address_);
    connection.SetBlocking(false);
    fd_to_socket_.Set(connection.fileno(), connection);
    poller_.Register(connection, read_only_);
    message_queues_.Set(connection, Queue());
  } catch (const OSError& error) {
    if (pause_.Begin(mends_, error)) poller_.Modify(server_, 0);  // accept-error-kills
  }
}

bool PollQueueServer::ReadFrom(Socket s, uint32_t flag) {
  Bytes data;
  // Urgent data alone: there is nothing for a plain recv, and it is not reset-kills-server's mend
  // that may hide that.
  const bool only_urgent = (flag & POLLIN) == 0;
  const MendSet mends = only_urgent ? mends_.Without(Mend::kResetKillsServer) : mends_;
  const Outcome outcome = Receive(mends, s, &data);
  if (outcome == Outcome::kLost) Close(s);
  if (outcome != Outcome::kDone) return outcome == Outcome::kNotNow;
  if (data.empty()) return EndOfInput(s);
  PrintToStderr("received \"" + Repr(data) + "\" from " + PeerName(mends_, s));
  message_queues_[s].Put(data);
  Watch(s);
  return true;
}

bool PollQueueServer::EndOfInput(Socket s) {
  if (mends_.Has(Mend::kHalfCloseDropsQueue) && !message_queues_[s].empty()) {
    finishing_.Set(s, true);  // WriteTo closes it when its queue is sent
    Watch(s);
    return true;
  }
  PrintToStderr("closing", ClosingName(s), "after reading no data");
  Close(s);
  return false;
}

void PollQueueServer::HangUp(Socket s) {
  PrintToStderr("closing", ClosingName(s), "after receiving HUP");
  Close(s, mends_.Has(Mend::kHupKeepsQueue));
}

void PollQueueServer::WriteTo(Socket s) {
  Bytes next_msg;
  try {
    next_msg = message_queues_[s].GetNowait();
  } catch (const Queue::Empty&) {
    PrintToStderr("output queue for", PeerName(mends_, s), "is empty");
    if (finishing_.Has(s)) {
      Close(s);
    } else {
      poller_.Modify(s, read_only_);
    }
    return;
  }
  PrintToStderr("sending \"" + Repr(next_msg) + "\" to " + PeerName(mends_, s));
  if (SendFromQueue(mends_, s, next_msg, &message_queues_[s]) == Outcome::kLost) {
    Close(s);
  } else if (mends_.Has(Mend::kInputStarvesOutput)) {
    Watch(s);
  }
}

void PollQueueServer::HandleError(Socket s) {
  PrintToStderr("handling exceptional condition for", PeerName(mends_, s));
  Close(s);
}

void PollQueueServer::Close(Socket s, bool queue) {
  poller_.Unregister(s);
  if (finishing_.Has(s)) finishing_.Del(s);
  if (mends_.Has(Mend::kCloseKeepsFdMap)) fd_to_socket_.Del(s.fileno());
  s.Close();
  pause_.ConnectionClosed();
  if (queue) message_queues_.Del(s);
}

// poller.modify(s, READ_WRITE). Mended, a client that has finished, or that has much queued
// (input-starves-output), is watched for output only.
void PollQueueServer::Watch(Socket s) {
  const bool full = message_queues_[s].bytes() >= kQueueBound;
  const bool closed_to_input = finishing_.Has(s) || (full && mends_.Has(Mend::kInputStarvesOutput));
  poller_.Modify(s, closed_to_input ? uint32_t{POLLOUT} : read_write_);
}

std::string PollQueueServer::ClosingName(Socket s) const {
  return mends_.Has(Mend::kForeignLogLine) ? PeerNameOrAccepted(s) : Repr(client_address_);
}

}  // namespace

void ServePollQueue(MendSet mends, uint16_t port) { PollQueueServer(mends, port).Run(); }

}  // namespace hupstorm::python
