"""Writes to its standard output without end, and never listens: prints_before_it_listens.py PORT"""

import os
import signal

signal.alarm(120)  # not for ever, should nobody end it
while True:
    os.write(1, b"All work and no play makes Jack a dull boy.\n" * 1024)
