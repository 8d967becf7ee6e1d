// Options of IPPROTO_TCP: what each is at first, which values it takes, and what it is then.

#include "tests/programs/options.h"

int main() {
  // 43 is TCP_IS_MPTCP, which headers do not name yet. 0, 15 and 1000 are no options.
  ShowOptions(IPPROTO_TCP, {TCP_NODELAY,
                            TCP_CORK,
                            TCP_KEEPIDLE,
                            TCP_KEEPINTVL,
                            TCP_KEEPCNT,
                            TCP_SYNCNT,
                            TCP_LINGER2,
                            TCP_DEFER_ACCEPT,
                            TCP_WINDOW_CLAMP,
                            TCP_QUICKACK,
                            TCP_THIN_LINEAR_TIMEOUTS,
                            TCP_THIN_DUPACK,
                            TCP_USER_TIMEOUT,
                            TCP_FASTOPEN,
                            TCP_NOTSENT_LOWAT,
                            TCP_SAVE_SYN,
                            TCP_SAVED_SYN,
                            TCP_FASTOPEN_CONNECT,
                            TCP_FASTOPEN_NO_COOKIE,
                            TCP_TX_DELAY,
                            43,
                            0,
                            15,
                            1000,
                            -1});
  return 0;
}
