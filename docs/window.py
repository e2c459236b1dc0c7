"""Make docs/window.png: two windows, a client in a terminal and netcat in one chat, used as somebody would who is new.

    python docs/window.py

Needs Xvfb, xdotool, netcat, and Pillow (pip install pillow) to take the picture. What is typed is typed by xdotool,
key by key; the programs are those that `parley play 5` starts.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import ImageChops, ImageGrab

from parley.harness.programs import free_port, in_use
from parley.harness.window import Screen

SECONDS = 20  # bound of everything that is awaited
WIDTH = 560  # pixels that a window and the gap beside it take
CHAT = 250  # pixels: the page of the chat is higher, that of the question is not
KEYS = ("Tab", "Return", "End", "BackSpace")


class Played:
    """A program that is started as its user would, and what it has printed."""

    def __init__(self, *command, screen=None):
        environment = {**os.environ, **(screen.environment if screen else {}), "PYTHONUNBUFFERED": "1"}
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(command, env=environment, **streams)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.printed = b""

    def types(self, text):
        """Type a line."""
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def shows(self, text):
        """Wait until it has printed this text."""
        until_true(lambda: text.encode() in self.read(), f"{text!r} in {self.printed!r}")

    def read(self):
        """All that it has printed."""
        self.printed += self.process.stdout.read() or b""
        return self.printed


def parley(*words, screen=None):
    """Start a parley command."""
    return Played(sys.executable, "-m", "parley.cli", *words, screen=screen)


def until_true(ready, words):
    """Wait until something is true. Raises TimeoutError."""
    end = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(words)
        time.sleep(0.05)


class Desk:
    """The screen, and the hands of those who sit at it."""

    def __init__(self, screen):
        self.screen = screen
        self.windows = []

    def xdotool(self, *words):
        """Run xdotool, and return what it prints."""
        run = subprocess.run(
            ["xdotool", *map(str, words)], env={**os.environ, **self.screen.environment}, capture_output=True, text=True
        )
        return run.stdout.split()

    def window(self, x, y):
        """Start a client with a window, wait until it is there, and put it here; its number."""
        parley("play", "5", "--gui", screen=self.screen)
        found = []

        def is_there():
            found[:] = [each for each in self.xdotool("search", "--name", "^Parley$") if each not in self.windows]
            return found

        until_true(is_there, "a window")
        self.windows += found
        self.xdotool("windowmove", "--sync", found[-1], x, y)
        return found[-1]

    def types(self, window, *words):
        """Type these words, and press the KEYS among them."""
        self.xdotool("windowfocus", "--sync", window)
        for word in words:
            self.xdotool(*(("key", word) if word in KEYS else ("type", word)))

    def height(self, window):
        """The height of a window, in pixels."""
        return int(self.xdotool("getwindowgeometry", window)[-1].partition("x")[2])

    def picture(self):
        """The screen as a picture, when nothing on it moves any more."""
        last = self.grab()
        while True:
            time.sleep(0.3)
            now = self.grab()
            if not ImageChops.difference(last, now).getbbox():
                return now
            last = now

    def grab(self):
        """The screen as it is."""
        return ImageGrab.grab(xdisplay=self.screen.environment["DISPLAY"])


def main():
    """Play the conversation, and save the picture beside this script."""
    port = str(free_port())
    screen = Screen()
    desk = Desk(screen)
    played = []
    try:
        played.append(server := parley("play", "5", "--port", port))
        until_true(lambda: in_use(int(port)), "the server to listen")
        played.append(dana := Played("nc", "127.0.0.1", port))
        dana.shows("What is your name?")
        dana.types("Dana")
        dana.shows("Hello Dana")
        played.append(carla := parley("play", "5", "--client", "--port", port))
        carla.types("Carla")
        dana.shows("Carla has joined")
        for name, place in (("Anna", (10, 10)), ("Ben", (WIDTH + 10, 10))):
            window = desk.window(*place)
            desk.types(window, "127.0.0.1", "Tab", "End", *["BackSpace"] * len("50007"), port, "Return")
            until_true(lambda window=window: desk.height(window) > CHAT, "the page of the chat")
            desk.types(window, name, "Return")
            dana.shows(f"{name} has joined")
        anna, ben = desk.windows
        desk.types(anna, "Who brings the cake?", "Return")
        dana.shows("Who brings the cake?")
        carla.types("I can, if somebody brings a knife.")
        dana.shows("a knife.")
        dana.types("nc has no knife, but I have one.")
        carla.shows("but I have one")
        desk.types(ben, "Then I bring tea.", "Return")
        dana.shows("Then I bring tea.")
        carla.types("See you at eight.")
        carla.types("{quit}")
        dana.shows("Carla has left")
        picture = desk.picture()
        box = picture.getbbox()
        picture = picture.crop((0, 0, box[2] + 10, box[3] + 10))
        picture.convert("P", palette=1, colors=16).save(Path(__file__).with_name("window.png"), optimize=True)
        server.types("/close")
        server.process.wait(SECONDS)
    finally:
        for each in played:
            each.process.kill()
            each.process.wait()
        screen.close()


if __name__ == "__main__":
    main()
