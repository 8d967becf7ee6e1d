// Options of SOL_SOCKET: what each is at first, which values it takes, and what it is then.

#include "tests/programs/options.h"

int main() {
  // SO_TXREHASH and SO_RCVMARK have their numbers: headers do not name them yet.
  ShowOptions(SOL_SOCKET, {SO_DEBUG,
                           SO_REUSEADDR,
                           SO_TYPE,
                           SO_ERROR,
                           SO_DONTROUTE,
                           SO_BROADCAST,
                           SO_KEEPALIVE,
                           SO_OOBINLINE,
                           SO_NO_CHECK,
                           SO_PRIORITY,
                           SO_LINGER,
                           SO_BSDCOMPAT,
                           SO_REUSEPORT,

                           SO_PEERCRED,
                           SO_SNDLOWAT,
                           SO_RCVTIMEO,
                           SO_SNDTIMEO,
                           SO_TIMESTAMP,
                           SO_ACCEPTCONN,
                           SO_PEERSEC,

                           SO_TIMESTAMPNS,
                           SO_MARK,
                           SO_PROTOCOL,
                           SO_DOMAIN,
                           SO_RXQ_OVFL,
                           SO_WIFI_STATUS,
                           SO_NOFCS,
                           SO_SELECT_ERR_QUEUE,
                           SO_BUSY_POLL,
                           SO_BPF_EXTENSIONS,
                           SO_PEERGROUPS,
                           SO_ZEROCOPY,
                           SO_PREFER_BUSY_POLL,
                           74,
                           75,

                           0,
                           1000,
                           -1});
  return 0;
}
