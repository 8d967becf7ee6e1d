// An echo server on Boost.Asio, as its examples write it: boost_echo PORT.
#include <boost/asio.hpp>
#include <cstdlib>
#include <memory>

using boost::asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void Read() {
    socket_.async_read_some(
        boost::asio::buffer(data_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t length) {
          if (!error) self->Write(length);
        });
  }

 private:
  void Write(std::size_t length) {
    boost::asio::async_write(
        socket_, boost::asio::buffer(data_, length),
        [self = shared_from_this()](boost::system::error_code error, std::size_t) {
          if (!error) self->Read();
        });
  }

  tcp::socket socket_;
  char data_[4096];
};

class Server {
 public:
  Server(boost::asio::io_context& io, unsigned short port)
      : acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port)) {
    Accept();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket))->Read();
      Accept();
    });
  }

  tcp::acceptor acceptor_;
};

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  boost::asio::io_context io;
  Server server(io, static_cast<unsigned short>(std::atoi(argv[1])));
  io.run();
}
