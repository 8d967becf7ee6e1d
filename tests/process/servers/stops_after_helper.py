"""An echo server that, asked to stop, runs a command first, as service scripts do: stops_after_helper.py PORT"""

import subprocess
import sys

from epoll_echo import EpollEcho, main


class StopsAfterHelper(EpollEcho):
    def asked_to_stop(self, *_):
        subprocess.run(["sleep", "0.3"], check=True)
        sys.exit(0)


if __name__ == "__main__":
    main(StopsAfterHelper)
