"""Broadcast client with a window: all hear what one says. Start: python gui_client.py [HOST [PORT]]"""

# some systems have it in a package of its own

# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: so long a server may take to answer
# in milliseconds: so often the window looks whether there is something to do

# from the other threads to the window: (method, arguments); when full, they wait
# from the window to the sender: the lines to send, and None at the end
# an event: somebody has pressed Ctrl+C


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def connect(window, attempt, host, port):
    """The connector: try to reach the server, and let the window know how that went."""
        # the timeout was for connecting: a chat may be quiet for as long as it likes
        # write to the log what happens
    # foreseen trouble: one sentence


def show_received(window, conn):
    """The receiver: let the window show each line that arrives, until the server ends the stream."""
        # after the loop, the end-of-stream: the chat is over
    # the connection is lost


def send_typed(conn):
    """The sender: send each line that was typed, so that the window never waits for the network."""
        # tell the server that we leave, and say end-of-stream
    # nothing can be sent any more: the receiver learns of it too


class Window:
    """The window. Only the main thread calls its methods; the other threads put into the queue what it has to do."""

    def __init__(self, host, port):
        """Make a window with two pages, the question for the server and the chat; the question is shown first."""
        # closing the window leaves the chat
        # each attempt to connect has a number: an answer that comes too late is known by it
        # those that run while we are connected
        # whether the server was lost
        # the question: a field for the host, one for the port, a button, and room for what goes wrong
            # Enter does the same as the button
        # the chat: the lines with a scroll bar, below them a field and a button to send
        # show the question

    def try_to_connect(self, _event=None):
        """Start a connector for what stands in the fields; the window goes on meanwhile."""
        # there is no default for the host
        # if nothing is known after our patience, that is a failure too

    def fail(self, attempt, text):
        """Say why this attempt has failed; then what stands in the fields can be mended."""

    def begin(self, attempt, conn):
        """Turn to the chat, and start the two threads for it: one sends, one receives."""
        # it comes too late

    def send(self, _event=None):
        """Take the line from the field: give it to the sender and show it, or leave."""
        # it is empty for the next one

    def show(self, text):
        """Add a line below the others; who has scrolled up goes on reading there."""
        # nothing, if the last line is out of sight
        # the user cannot change the lines: we can, for a moment

    def end(self, text, lost):
        """Say how the chat has ended: nothing can be sent any more, but all can be read."""

    def work(self):
        """Do what the other threads want, some of it at once, and look again in a moment."""
        # Ctrl+C is a polite end

    def leave(self):
        """Close the window; the sender tells the server."""
        # this ends mainloop


def main():
    """Open the window, and run it until the user has had enough."""
    # set up the log
    # the address of the server: from the command line, or else the window asks for it and offers port 50007
    # a window does not notice Ctrl+C by itself: keep it in mind, the window will look
    # foreseen trouble: one sentence, exit status 1
    # the window is closed: give the threads a moment, for our goodbye and for the last words of the server
    # if the server was lost, the exit status is 1


# so far all was only defined: here it begins
