// An echo server with a defect: bad_echo DEFECT PORT
//
// It serves one client at a time. From the third piece that it receives on it
//   lose     leaves out the last byte
//   change   changes the last byte
//   swap     swaps the last two bytes
//   add      sends a byte more
//   close    closes the connection in place of the answer
//   die      dies of a signal

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace {

constexpr int kGood = 2;  // pieces

// False where the connection is to be closed.
bool Spoil(const std::string& defect, std::string& piece) {
  if (defect == "lose") piece.pop_back();
  if (defect == "change") piece.back() = static_cast<char>(piece.back() ^ 1);
  if (defect == "swap") std::swap(piece.back(), piece[piece.size() - 2]);
  if (defect == "add") piece.push_back('x');
  if (defect == "die") std::abort();
  return defect != "close";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[2])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 16) != 0) {
    return 1;
  }
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    char buffer[64 * 1024];
    ssize_t count = 0;
    for (int pieces = 0; (count = recv(client, buffer, sizeof buffer, 0)) > 0; ++pieces) {
      std::string piece(buffer, static_cast<size_t>(count));
      if (pieces >= kGood && !Spoil(argv[1], piece)) break;
      send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
    }
    close(client);
  }
}
