"""Starts, and never listens: never_listens.py PORT"""

import signal

signal.alarm(120)  # not for ever, should nobody end it
signal.pause()
