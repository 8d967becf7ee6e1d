// The servers that are compared are servers: what they leave out would make the comparison unfair.

#include "bench/servers/peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <numeric>

#include "bench/servers/measured_server.h"
#include "target/reference/unique_fd.h"
#include "tests/process/plain_process.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr size_t kMuch = size_t{128} * 1024 * 1024;

std::string Text(size_t bytes) {
  std::string text(bytes, 0);
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

}  // namespace

void PrintTo(const EchoPeer& peer, std::ostream* out) { *out << peer.name; }

namespace {

class PeerTest : public testing::TestWithParam<EchoPeer> {};

TEST_P(PeerTest, EchoesAndAnswersAHalfClose) {
  const MeasuredServer server(GetParam(), -1);
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{3'000'000}}) {
    const UniqueFd client(ConnectTo(server.port(), nullptr));
    const std::string text = Text(bytes);
    // One byte more is wanted than can come, so that the end is read too.
    EXPECT_TRUE(Converse(client.get(), text, /*half_close=*/true, bytes + 1) == text) << bytes;
    char byte;
    EXPECT_EQ(recv(client.get(), &byte, 1, MSG_DONTWAIT), 0) << "the connection is not closed";
  }
}

TEST_P(PeerTest, ServesOthersWhileOneDoesNotRead) {
  if (GetParam().kind == PeerKind::kBareLoop) GTEST_SKIP() << "the bare loop does not";
  const MeasuredServer server(GetParam(), -1);
  const UniqueFd greedy(ConnectTo(server.port(), nullptr));
  const std::string block = Text(1024 * 1024);
  size_t sent = 0;
  while (sent < kMuch) {
    pollfd entry = {.fd = greedy.get(), .events = POLLOUT, .revents = 0};
    if (poll(&entry, 1, 300) == 0) break;  // held back
    const ssize_t count = send(greedy.get(), block.data(), block.size(), MSG_NOSIGNAL);
    ASSERT_GT(count, 0);
    sent += static_cast<size_t>(count);
  }
  EXPECT_LT(sent, kMuch) << "the server takes whatever comes";
  EXPECT_LT(server.OwnMemoryBytes(), 64e6);
  const UniqueFd other(ConnectTo(server.port(), nullptr));
  EXPECT_EQ(Converse(other.get(), "hello", /*half_close=*/true, 6), "hello");
}

// Each program once.
std::vector<EchoPeer> Programs() {
  std::vector<EchoPeer> peers = FindPeers(HUPSTORM_PEERS).found;
  std::erase_if(peers, [](const EchoPeer& peer) { return peer.kind == PeerKind::kControl; });
  return peers;
}

INSTANTIATE_TEST_SUITE_P(All, PeerTest, testing::ValuesIn(Programs()), [](const auto& info) {
  std::string name;
  for (const char c : info.param.name) {
    if (isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
});

TEST(PeersTest, AllAreBuilt) { EXPECT_TRUE(FindPeers(HUPSTORM_PEERS).missing.empty()); }

TEST(PeersTest, WithoutTheReferenceThereIsNothingToCompare) {
  EXPECT_THROW(FindPeers("/nonexistent"), FailedError);
}

}  // namespace
}  // namespace hupstorm
