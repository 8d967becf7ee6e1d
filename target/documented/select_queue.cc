// doc001/select: an echo server on select, with one FIFO queue per connection.
//
// The document's statements, in its order; each mend has its name beside it.

#include <sys/select.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "target/documented/mending.h"
#include "target/documented/python/readiness.h"
#include "target/documented/servers.h"

namespace hupstorm::python {
namespace {

using SocketList = std::vector<Socket>;

bool Contains(const SocketList& list, const Socket& socket) {
  return std::find(list.begin(), list.end(), socket) != list.end();
}

void Remove(SocketList* list, const Socket& socket) {
  const auto place = std::find(list->begin(), list->end(), socket);
  if (place == list->end()) throw ValueError("list.remove(x): x not in list");
  list->erase(place);
}

std::string ReprOfList(const SocketList& list) {
  std::string text = "[";
  for (const Socket& socket : list) {
    if (text.size() > 1) text += ", ";
    text += ReprOfPython2(socket);
  }
  return text + "]";
}

class SelectQueueServer {
 public:
  SelectQueueServer(MendSet mends, uint16_t port)
      : mends_(mends), server_(Socket::Create()), server_address_{"127.0.0.1", port} {}

  void Run();

 private:
  Ready Wait();
  void Accept(Socket s, const SocketList& readable);
  void ReadFrom(Socket s);
  void EndOfInput(Socket s);
  void WriteTo(Socket s);
  void HandleException(Socket s);
  void Close(Socket s);  // forgets all there is of a connection

  const MendSet mends_;
  Socket server_;
  const Address server_address_;
  SocketList inputs_;
  SocketList outputs_;
  Dict<Socket, Queue, SocketHash> message_queues_;
  Address client_address_;  // a variable of the whole script: of the last client accepted
  ListenerPause pause_;
};

void SelectQueueServer::Run() {
  server_.SetBlocking(false);
  PrintToStderr("starting up !!!!!");
  server_.Bind(server_address_);
  server_.Listen(5);
  inputs_ = {server_};

  while (!inputs_.empty()) {
    pause_.EndIfOver();
    PrintToStderr("\nwaiting for the next event");
    const Ready ready = Wait();

    for (const Socket& s : ready.readable) {
      if (s == server_) {
        Accept(s, ready.readable);
      } else {
        ReadFrom(s);
      }
    }
    for (const Socket& s : ready.writable) WriteTo(s);
    for (const Socket& s : ready.exceptional) HandleException(s);
  }
}

// readable, writable, exceptional = select.select(inputs, outputs, inputs)
Ready SelectQueueServer::Wait() {
  SocketList inputs;
  for (const Socket& s : inputs_) {
    if (s == server_) {
      if (pause_.active()) continue;  // accept-error-kills
    } else if (mends_.Has(Mend::kUnboundedQueue) && message_queues_[s].bytes() >= kQueueBound) {
      continue;
    }
    inputs.push_back(s);
  }
  const auto is_too_big = [](const Socket& s) { return s.fileno() >= FD_SETSIZE; };
  const bool too_big = std::any_of(inputs_.begin(), inputs_.end(), is_too_big) ||
                       std::any_of(outputs_.begin(), outputs_.end(), is_too_big);
  const double timeout = pause_.Shorten(kForever);
  if (too_big && mends_.Has(Mend::kFdSetsize)) {
    return SelectByPoll(inputs, outputs_, inputs_, timeout);
  }
  return Select(inputs, outputs_, inputs_, timeout);
}

void SelectQueueServer::Accept(Socket s, const SocketList& readable) {
  Print("s:", ReprOfPython2(s));
  Print("server:", ReprOfPython2(server_));
  Print("readable:", ReprOfList(readable));
  Print("ser filen:", server_.fileno());
  Print("s filen:", s.fileno());
  try {
    auto [connection, client_address] = s.Accept();
    client_address_ = client_address;
    PrintToStderr("new connection from", client_address_);
    connection.SetBlocking(false);
    inputs_.push_back(connection);
    message_queues_.Set(connection, Queue());
  } catch (const OSError& error) {
    pause_.Begin(mends_, error);  // accept-error-kills; Wait leaves the listener out
  }
}

void SelectQueueServer::ReadFrom(Socket s) {
  Bytes data;
  const Outcome outcome = Receive(mends_, s, &data);
  if (outcome == Outcome::kLost) Close(s);
  if (outcome != Outcome::kDone) return;
  if (data.empty()) {
    EndOfInput(s);
    return;
  }
  PrintToStderr("received \"" + Repr(data) + "\" from " + PeerName(mends_, s));
  message_queues_[s].Put(data);
  if (!Contains(outputs_, s)) outputs_.push_back(s);
}

void SelectQueueServer::EndOfInput(Socket s) {
  if (mends_.Has(Mend::kHalfCloseDropsQueue) && !message_queues_[s].empty()) {
    Remove(&inputs_, s);  // WriteTo closes it when its queue is sent
    return;
  }
  PrintToStderr("closing",
                mends_.Has(Mend::kForeignLogLine) ? PeerNameOrAccepted(s) : Repr(client_address_),
                "after reading no data");
  Close(s);
}

void SelectQueueServer::WriteTo(Socket s) {
  if (mends_.Has(Mend::kClosedStillWritable) && !Contains(outputs_, s)) return;
  Bytes next_msg;
  try {
    next_msg = message_queues_[s].GetNowait();
  } catch (const Queue::Empty&) {
    PrintToStderr("output queue for", PeerName(mends_, s), "is empty");
    Remove(&outputs_, s);
    if (!Contains(inputs_, s)) Close(s);  // half-close-drops-queue
    return;
  }
  PrintToStderr("sending \"" + Repr(next_msg) + "\" to " + PeerName(mends_, s));
  if (SendFromQueue(mends_, s, next_msg, &message_queues_[s]) == Outcome::kLost) Close(s);
}

void SelectQueueServer::HandleException(Socket s) {
  if (mends_.Has(Mend::kExceptionalAfterClose) && !Contains(inputs_, s)) return;
  PrintToStderr("handling exceptional condition for", PeerName(mends_, s));
  if (mends_.Has(Mend::kUrgentDataCloses)) {
    // Linux knows one exceptional condition, urgent data. Taking the byte ends it.
    try {
      s.Recv(1, MSG_OOB);
    } catch (const OSError& error) {
      // EINVAL: the readable loop read on past it.
      if (error.error() == EINVAL || IsNotNow(error)) return;
      if (!mends_.Has(Mend::kResetKillsServer) || !IsConnectionLost(error)) throw;
      Close(s);
    }
    return;
  }
  Remove(&inputs_, s);
  Close(s);
}

void SelectQueueServer::Close(Socket s) {
  if (Contains(outputs_, s)) Remove(&outputs_, s);
  if (Contains(inputs_, s)) Remove(&inputs_, s);
  s.Close();
  pause_.ConnectionClosed();
  message_queues_.Del(s);
}

}  // namespace

void ServeSelectQueue(MendSet mends, uint16_t port) { SelectQueueServer(mends, port).Run(); }

}  // namespace hupstorm::python
