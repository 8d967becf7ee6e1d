#include "target/reference/echo_server.h"

#include <stdexcept>
#include <utility>

#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

constexpr int kAcceptsPerRound = 64;

const OutputLimits& Checked(const OutputLimits& limits) {
  if (limits.low_water >= limits.high_water) {
    throw std::invalid_argument("the low-water mark must be below the high-water mark");
  }
  return limits;
}

}  // namespace

EchoServer::EchoServer(const Options& options, const StopSignal& stop)
    : limits_(Checked(options.limits)),
      stop_(stop),
      listener_(options.address, options.port),
      multiplexer_(MakeMultiplexer(options.multiplexer)) {
  for (const int fd : {stop_.fd(), listener_.fd()}) {
    if (!multiplexer_->Add(fd, {.read = true})) ThrowErrno("watch");
  }
}

void EchoServer::Run() {
  while (!stopping_) {
    multiplexer_->Wait(TimeoutMs(), *this);
    ServeReadyClients();
    AcceptNewClients();
  }
}

int EchoServer::TimeoutMs() {
  const int retry = listener_.paused() ? listener_.CountDown() : -1;
  return ready_.empty() && !listener_.has_work() ? retry : 0;
}

void EchoServer::OnReady(int fd, Readiness ready) {
  if (Client* client = clients_.Find(fd)) {
    client->connection.NoteReady(ready);
    if (!client->ready) {
      client->ready = true;
      ready_.splice(ready_.end(), idle_, client->self);
    }
  } else if (fd == listener_.fd()) {
    listener_.NoteReady();
  } else {
    stopping_ = stop_.Take();
  }
}

void EchoServer::ServeReadyClients() {
  // Each client once: those that are not done go to the end of the list, for the next round.
  for (size_t left = ready_.size(); left > 0; --left) {
    Client& client = ready_.front();
    if (!client.connection.Serve(scratch_) || !UpdateInterest(client)) {
      Close(client);
      continue;
    }
    client.ready = client.connection.has_work();
    std::list<Client>& next = client.ready ? ready_ : idle_;
    next.splice(next.end(), ready_, client.self);
  }
}

void EchoServer::AcceptNewClients() {
  for (int tries = 0; listener_.has_work() && tries < kAcceptsPerRound; ++tries) {
    if (UniqueFd socket = listener_.Accept()) Admit(std::move(socket));
  }
  if (multiplexer_->edge_triggered()) return;  // an unwanted edge comes once and does no harm
  // Where this fails it is tried again in the next round.
  const Interest wanted = {.read = !listener_.paused()};
  if (wanted != listener_interest_ && multiplexer_->Modify(listener_.fd(), wanted)) {
    listener_interest_ = wanted;
  }
}

void EchoServer::Admit(UniqueFd socket) {
  const int fd = socket.get();
  const bool edge_triggered = multiplexer_->edge_triggered();
  // Edge-triggered, a client is registered once, for both directions: an edge that nothing waits
  // for costs less than a call of epoll_ctl for every change of interest.
  const Interest interest = {.read = true, .write = edge_triggered};
  if (!multiplexer_->Add(fd, interest)) return;  // no room: the client is turned away
  Client& client = idle_.emplace_back(std::move(socket), limits_);
  client.interest = interest;
  client.self = std::prev(idle_.end());
  clients_.Set(fd, &client);
}

bool EchoServer::UpdateInterest(Client& client) {
  if (multiplexer_->edge_triggered()) return true;
  const Interest wanted = client.connection.interest();
  if (wanted == client.interest) return true;
  client.interest = wanted;
  return multiplexer_->Modify(client.connection.fd(), wanted);
}

void EchoServer::Close(Client& client) {
  multiplexer_->Remove(client.connection.fd());
  clients_.Clear(client.connection.fd());
  ready_.erase(client.self);
  listener_.Resume();
}

}  // namespace hupstorm
