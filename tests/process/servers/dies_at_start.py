"""Ends at once, and says why: dies_at_start.py PORT"""

import sys

sys.exit("cannot read /etc/echo.conf: it does not exist")
