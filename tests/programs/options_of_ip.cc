// Options of IPPROTO_IP: what each is at first, which values it takes, and what it is then.

#include "tests/programs/options.h"

int main() {
  ShowOptions(IPPROTO_IP,
              {IP_TOS, IP_TTL, IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR,
               IP_RECVTTL, IP_RECVTOS, IP_FREEBIND, IP_PASSSEC, IP_TRANSPARENT, IP_ORIGDSTADDR,
               IP_MINTTL, IP_CHECKSUM, IP_BIND_ADDRESS_NO_PORT, IP_RECVERR_RFC4884, 1000, -1});
  return 0;
}
