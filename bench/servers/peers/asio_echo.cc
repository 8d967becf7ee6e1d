// An echo server on Asio: asio_echo PORT
//
// As Asio is used for speed: it waits for input and then reads it into one buffer that all
// connections share, writes at once, and has an asynchronous write only for what the client does
// not take. While one is under way, nothing is read. What was read before a half-close is answered.
// The context is told that there is one thread, so that it locks nothing.

#include <asio.hpp>
#include <csignal>
#include <cstdlib>
#include <list>
#include <string>

namespace {

using asio::ip::tcp;

char scratch[64 * 1024];

class Connection {
 public:
  Connection(tcp::socket socket, std::list<Connection>& all)
      : socket_(std::move(socket)), all_(all) {}

  void Start(std::list<Connection>::iterator self) {
    self_ = self;
    asio::error_code error;
    socket_.set_option(tcp::no_delay(true), error);
    socket_.non_blocking(true, error);
    AwaitInput();
  }

 private:
  void AwaitInput() {
    socket_.async_wait(tcp::socket::wait_read, [this](const asio::error_code& error) {
      if (error) return Close();
      OnReadable();
    });
  }

  void OnReadable() {
    asio::error_code error;
    const size_t got = socket_.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) return AwaitInput();
    if (error) return Close();
    const size_t sent = socket_.write_some(asio::buffer(scratch, got), error);
    if (error && error != asio::error::would_block) return Close();
    if (sent == got) return AwaitInput();
    kept_.assign(scratch + sent, got - sent);
    asio::async_write(socket_, asio::buffer(kept_),
                      [this](const asio::error_code& write_error, size_t) {
                        if (write_error) return Close();
                        std::string().swap(kept_);
                        AwaitInput();
                      });
  }

  void Close() { all_.erase(self_); }

  tcp::socket socket_;
  std::string kept_;
  std::list<Connection>& all_;
  std::list<Connection>::iterator self_;
};

class Server {
 public:
  Server(asio::io_context& context, uint16_t port)
      : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), port)), retry_(context) {
    Accept();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](const asio::error_code& error, tcp::socket socket) {
      if (!error) {
        connections_.emplace_front(std::move(socket), connections_);
        connections_.front().Start(connections_.begin());
        return Accept();
      }
      // Without descriptors to try again at once would keep the processor busy.
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](const asio::error_code&) { Accept(); });
    });
  }

  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::list<Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
  asio::signal_set stop(context, SIGTERM);
  stop.async_wait([&context](const asio::error_code&, int) { context.stop(); });
  const Server server(context, static_cast<uint16_t>(std::atoi(argv[1])));
  context.run();
}
