"""Broadcast client with a window. Start: python gui_client.py [HOST [PORT]]"""

# tkinter makes windows; its ttk widgets look like those of the system
# some systems have it in a package of its own

# the longest line allowed, in bytes: memory needs a limit
# in seconds: so long a server may take to answer
# in milliseconds: so often the window looks whether there is something to do

# from the other threads to the window: (method, arguments); when full, they wait
# from the window to the sender: the lines to send, and None at the end
# an event: somebody has pressed Ctrl+C


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    # receive whatever has arrived: half a line, or several
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def connect(window, attempt, host, port):
    """The connector: try to reach the server, and let the window know how that went."""
        # the timeout was for connecting: a chat may be quiet for as long as it likes
        # log what happens
    # foreseen trouble: one sentence


def show_received(window, conn):
    """The receiver: let the window show each line, until the server ends the stream."""
        # after the loop, EOF: the chat is over
    # the connection is lost


def send_typed(conn):
    """The sender: send each typed line; the window never waits for the network."""
        # tell the server that we leave, and half-close
    # nothing can be sent any more: the receiver learns of it too


def reads_from_right(text):
    """Whether most letters of a line are of a script that runs from right to left."""


class Window:
    """The window. Only the main thread calls its methods; the others use the queue."""

    def __init__(self, host, port):
        """Make a window with two pages: the question for the server, then the chat."""
        # closing the window leaves the chat
        # each attempt to connect has a number: a late answer is known by it
        # the threads that run while we are connected
        # whether the server was lost
        # show the question

    def dress(self):
        """Give the window its icon, its look and letters that can be read."""
        # the icon: something said, as a bubble
        # Windows and macOS have a look of their own; elsewhere this one is the best

    def make_question(self, host, port):
        """Make the question: two fields, a button, and room for what goes wrong."""

    def make_field(self, name, text, row):
        """Return a field of the question, with its name; this text stands in it."""
        # Enter does the same as the button

    def make_chat(self):
        """Make the chat: lines with a scroll bar, below them a field and a button."""

    def try_to_connect(self, _event=None):
        """Start a connector for what stands in the fields; the window goes on."""
        # there is no default for the host
        # if nothing is known after our patience, that is a failure too

    def fail(self, attempt, text):
        """Say why this attempt has failed; then the fields can be mended."""

    def begin(self, attempt, conn):
        """Turn to the chat, and start its two threads: one sends, one receives."""
        # it comes too late

    def send(self, _event=None):
        """Take the line from the field: give it to the sender and show it, or leave."""
        # empty for the next one

    def show(self, text):
        """Add a line below the others; who has scrolled up goes on reading there."""
        # nothing, if the last line is out of sight
        # the user cannot change the lines: we can, for a moment
        # some scripts run from right to left: their lines begin there

    def end(self, text, lost):
        """Say how the chat has ended: nothing can be sent, but all can be read."""

    def work(self):
        """Do what the other threads want, some of it at once, and look again soon."""
        # Ctrl+C: exit quietly

    def leave(self):
        """Close the window; the sender tells the server."""
        # this ends mainloop


def main():
    """Open the window, and run it until the user has had enough."""
    # the log
    # the server's address: from the command line, or else the window asks for it
    # a window does not notice Ctrl+C by itself: keep it in mind, the window will look
    # foreseen trouble: one sentence, exit status 1
    # the window is closed: give the threads a moment, for our goodbye and for the last
    # words of the server
    # if the server was lost, the exit status is 1


# run the program
