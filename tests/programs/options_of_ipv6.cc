// Options of IPPROTO_IPV6: what each is at first, which values it takes, and what it is then.

#include "tests/programs/options.h"

int main() {
  const auto names = {IPV6_V6ONLY,
                      IPV6_UNICAST_HOPS,
                      IPV6_TCLASS,
                      IPV6_MTU_DISCOVER,
                      IPV6_RECVERR,
                      IPV6_RECVPKTINFO,
                      IPV6_RECVHOPLIMIT,
                      IPV6_RECVTCLASS,
                      IPV6_DONTFRAG,
                      IPV6_MINHOPCOUNT,
                      IPV6_AUTOFLOWLABEL,
                      IPV6_ORIGDSTADDR,
                      IPV6_TRANSPARENT,
                      IPV6_FREEBIND,
                      1000,
                      -1};
  ShowOptions(IPPROTO_IPV6, names, AF_INET6);
  ShowOptionsOf("IPv4", TcpSocket(), IPPROTO_IPV6, names);
  return 0;
}
