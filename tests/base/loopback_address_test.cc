#include "base/loopback_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/file_descriptor.h"

namespace hupstorm {
namespace {

sockaddr_storage Ipv4(const char* text) {
  sockaddr_storage address = {};
  address.ss_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &reinterpret_cast<sockaddr_in&>(address).sin_addr), 1);
  return address;
}

sockaddr_storage Ipv6(const char* text) {
  sockaddr_storage address = {};
  address.ss_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &reinterpret_cast<sockaddr_in6&>(address).sin6_addr), 1);
  return address;
}

TEST(LoopbackAddressTest, LoopbackIsTheWholeNetworkInBothFamilies) {
  EXPECT_TRUE(IsLoopback(Ipv4("127.0.0.1")));
  EXPECT_TRUE(IsLoopback(Ipv4("127.255.0.9")));
  EXPECT_FALSE(IsLoopback(Ipv4("128.0.0.1")));
  EXPECT_TRUE(IsLoopback(Ipv6("::1")));
  EXPECT_TRUE(IsLoopback(Ipv6("::ffff:127.0.0.1")));
  EXPECT_FALSE(IsLoopback(Ipv6("::ffff:10.0.0.1")));
  EXPECT_FALSE(IsLoopback(Ipv6("::2")));
  EXPECT_FALSE(IsLoopback(sockaddr_storage{}));
}

TEST(LoopbackAddressTest, AddressesHaveThePortInNetworkOrder) {
  const sockaddr_storage address = LoopbackAddress(0x1234);
  EXPECT_TRUE(IsLoopback(address));
  EXPECT_EQ(reinterpret_cast<const sockaddr_in&>(address).sin_port, htons(0x1234));
  EXPECT_EQ(LoopbackIpv4(0x1234).sin_addr.s_addr, inet_addr("127.0.0.1"));
}

TEST(LoopbackAddressTest, ConnectsToAFreePortOnceItIsListenedOn) {
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = LoopbackIpv4(FreeLoopbackPort());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  ASSERT_EQ(bind(listener.get(), generic, sizeof address), 0);
  EXPECT_FALSE(ConnectToLoopback(ntohs(address.sin_port)));
  ASSERT_EQ(listen(listener.get(), 1), 0);
  EXPECT_TRUE(ConnectToLoopback(ntohs(address.sin_port)));
}

}  // namespace
}  // namespace hupstorm
