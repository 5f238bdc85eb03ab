# SPDX-License-Identifier: BSD-3-Clause
"""A terminal that shows what evpl-fwd prints: a pty, and the screen that its control sequences lead to."""
import codecs
import fcntl
import os
import re
import select
import struct
import termios
import time

from harness import TIMEOUT, check

SEQUENCE = re.compile(r"\033\[\??(\d*)(?:;\d*)?([A-Za-z])")
UNSEEN = "mhl"          # colours, and modes: no cell changes


class Terminal:
    """slave is what a program's stdout is connected to. lines() is the screen; scrolled: lines that left it."""

    def __init__(self, width, height):
        self.master, self.slave = os.openpty()
        self.width = self.height = 0
        self.unread = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()  # a read may end inside a character
        self.text = ""          # all that came
        self.resize(width, height)

    def resize(self, width, height):
        """Nothing is wrapped again, as in xterm: lines are cut."""
        self.width, self.height = width, height
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.cells = [[" "] * width for _ in range(height)]
        self.row = self.column = self.scrolled = 0

    def close(self):
        os.close(self.master)
        os.close(self.slave)

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def read(self):
        """Shows what has come. Control sequences are whole: a page is one write, and shorter than a pty's buffer."""
        while select.select([self.master], [], [], 0)[0]:
            self.unread += self.decoder.decode(os.read(self.master, 65536))
        while self.unread:
            match = SEQUENCE.match(self.unread)
            if match:
                self._control(int(match[1] or "0"), match[2])
                self.text += match[0]
                self.unread = self.unread[match.end():]
            elif self.unread[0] == "\033":
                return
            else:
                self._show(self.unread[0])
                self.text += self.unread[0]
                self.unread = self.unread[1:]

    def _control(self, n, letter):
        if letter == "A":
            self.row = max(self.row - n, 0)
        elif letter == "K":
            self.cells[self.row][self.column:] = [" "] * (self.width - self.column)
        elif letter == "H":
            self.row = self.column = 0
        elif letter == "J" and n == 2:
            self.cells = [[" "] * self.width for _ in range(self.height)]
        elif letter == "J":
            self._control(0, "K")
            for row in range(self.row + 1, self.height):
                self.cells[row] = [" "] * self.width
        elif letter not in UNSEEN:
            raise AssertionError(f"an unknown control sequence: {n}{letter}")

    def _show(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._next_row()
        else:
            if self.column == self.width:
                self.column = 0
                self._next_row()
            self.cells[self.row][self.column] = character
            self.column += 1

    def _next_row(self):
        if self.row + 1 < self.height:
            self.row += 1
        else:
            self.scrolled += 1
            self.cells = [*self.cells[1:], [" "] * self.width]

    def wait_for(self, pattern, run):
        """Until the screen, line by line, is like that."""
        end = time.monotonic() + TIMEOUT
        while True:
            self.read()
            screen = "\n".join(self.lines())
            match = re.search(pattern, screen, re.MULTILINE)
            if match:
                return match
            check(run.child.poll() is None and time.monotonic() < end,
                  f"the screen never showed {pattern!r}\n{screen}\n{run.describe()}")
            time.sleep(0.02)
