# Derived from ../full/gui_client.py by "parley build": change that file, not this one.
"""Broadcast client with a window. Start: python gui_client.py [HOST [PORT]]"""

import queue
import signal
import socket
import sys
import threading

# tkinter makes windows; its ttk widgets look like those of the system
import tkinter.font
import tkinter.scrolledtext
import unicodedata
from tkinter import ttk

# in seconds: so long a server may take to answer
PATIENCE = 2
# in milliseconds: so often the window looks whether there is something to do
TICK = 50

# from the other threads to the window: (method, arguments); when full, they wait
to_do = queue.Queue(maxsize=1000)
# from the window to the sender: the lines to send, and None at the end
typed = queue.SimpleQueue()
# an event: somebody has pressed Ctrl+C
stopped = threading.Event()


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    waiting = b""  # an unfinished line
    # receive whatever has arrived: half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every newline
        # what comes after the last newline waits for its rest
        waiting = lines.pop()
        # these lines are whole: decode them only now
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    # end of stream: it ends the last line too
    if waiting:
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def connect(window, attempt, host, port):
    """The connector: try to reach the server, and let the window know how that went."""
    conn = socket.create_connection((host, int(port)), timeout=PATIENCE)
    # the timeout was for connecting: a chat may be quiet for as long as it likes
    conn.settimeout(None)
    to_do.put((window.begin, attempt, conn))


def show_received(window, conn):
    """The receiver: let the window show each line, until the server ends the stream."""
    for text in receive_lines(conn):
        to_do.put((window.show, text))
    # after the loop, EOF: the chat is over
    to_do.put((window.end, "The server has hung up.", False))


def send_typed(conn):
    """The sender: send each typed line; the window never waits for the network."""
    while (text := typed.get()) is not None:
        conn.sendall(f"{text}\n".encode())
    # tell the server that we leave, and half-close
    conn.sendall(b"{quit}\n")
    conn.shutdown(socket.SHUT_WR)


def reads_from_right(text):
    """Whether most letters of a line are of a script that runs from right to left."""
    directions = [unicodedata.bidirectional(letter) for letter in text]
    return directions.count("R") + directions.count("AL") > directions.count("L")


class Window:
    """The window. Only the main thread calls its methods; the others use the queue."""

    def __init__(self, host, port):
        """Make a window with two pages: the question for the server, then the chat."""
        self.root = tkinter.Tk()
        self.root.title("Parley")
        self.dress()
        # closing the window leaves the chat
        self.root.protocol("WM_DELETE_WINDOW", self.leave)
        # each attempt to connect has a number: a late answer is known by it
        self.attempt = 0
        # the threads that run while we are connected
        self.threads = []
        self.lost = False  # whether the server was lost
        self.make_question(host, port)
        self.make_chat()
        # show the question
        self.question.pack(fill="both", expand=True)
        self.host.focus_set()

    def dress(self):
        """Give the window its icon, its look and letters that can be read."""
        # the icon: something said, as a bubble
        self.icon = tkinter.PhotoImage(width=32, height=32)
        self.icon.put("#1b62b5", to=(2, 4, 30, 22))
        self.icon.put("#1b62b5", to=(7, 22, 13, 28))
        self.root.iconphoto(True, self.icon)
        # Windows and macOS have a look of their own; elsewhere this one is the best
        if self.root.tk.call("tk", "windowingsystem") == "x11":
            ttk.Style().theme_use("clam")
        for name in ("TkDefaultFont", "TkTextFont"):
            tkinter.font.nametofont(name).config(size=12)

    def make_question(self, host, port):
        """Make the question: two fields, a button, and room for what goes wrong."""
        self.question = ttk.Frame(self.root, padding=12)
        self.host = self.make_field("Host", host, row=0)
        self.port = self.make_field("Port", port, row=1)
        button = ttk.Button(self.question, text="Connect")
        button.config(command=self.try_to_connect)
        button.grid(row=2, column=1, sticky="e")
        self.trouble = ttk.Label(self.question, wraplength=400)
        self.trouble.grid(row=3, column=0, columnspan=2)

    def make_field(self, name, text, row):
        """Return a field of the question, with its name; this text stands in it."""
        ttk.Label(self.question, text=name).grid(row=row, column=0, sticky="w")
        field = ttk.Entry(self.question, width=32, font="TkTextFont")
        field.insert(0, text)
        # Enter does the same as the button
        field.bind("<Return>", self.try_to_connect)
        field.grid(row=row, column=1, padx=6, pady=3)
        return field

    def make_chat(self):
        """Make the chat: lines with a scroll bar, below them a field and a button."""
        self.chat = ttk.Frame(self.root)
        below = ttk.Frame(self.chat)
        self.field = ttk.Entry(below, font="TkTextFont")
        self.field.bind("<Return>", self.send)
        self.button = ttk.Button(below, text="Send", command=self.send)
        self.lines = tkinter.scrolledtext.ScrolledText(self.chat, width=48, height=16)
        self.lines.config(wrap="word", font="TkTextFont", padx=6, state="disabled")
        self.lines.tag_config("from right", justify="right")
        below.pack(side="bottom", fill="x", padx=6, pady=6)
        self.field.pack(side="left", fill="x", expand=True)
        self.button.pack(side="right")
        self.lines.pack(fill="both", expand=True)

    def try_to_connect(self, _event=None):
        """Start a connector for what stands in the fields; the window goes on."""
        host, port = self.host.get().strip(), self.port.get().strip()
        self.attempt += 1
        # there is no default for the host
        if not host:
            self.trouble.config(text="Which host? That field is empty.")
            return
        self.trouble.config(text=f"Connecting to {host} port {port} ...")
        arguments = [self, self.attempt, host, port]
        threading.Thread(target=connect, args=arguments, daemon=True).start()
        # if nothing is known after our patience, that is a failure too
        silence = f"No answer from {host} port {port}."
        self.root.after(PATIENCE * 1000, self.fail, self.attempt, silence)

    def fail(self, attempt, text):
        """Say why this attempt has failed; then the fields can be mended."""
        if attempt == self.attempt:
            self.attempt += 1
            self.trouble.config(text=text)

    def begin(self, attempt, conn):
        """Turn to the chat, and start its two threads: one sends, one receives."""
        if attempt != self.attempt:  # it comes too late
            conn.close()
            return
        self.attempt += 1
        self.question.pack_forget()
        self.chat.pack(fill="both", expand=True)
        self.field.focus_set()
        sender = threading.Thread(target=send_typed, args=[conn], daemon=True)
        arguments = [self, conn]
        receiver = threading.Thread(target=show_received, args=arguments, daemon=True)
        self.threads = [sender, receiver]
        sender.start()
        receiver.start()

    def send(self, _event=None):
        """Take the line from the field: give it to the sender and show it, or leave."""
        text = self.field.get()
        self.field.delete(0, "end")  # empty for the next one
        if text in ("{quit}", "/close"):
            self.leave()
        elif text:
            typed.put(text)
            self.show(f"> {text}")

    def show(self, text):
        """Add a line below the others; who has scrolled up goes on reading there."""
        # nothing, if the last line is out of sight
        at_end = self.lines.bbox("end-1c")
        # the user cannot change the lines: we can, for a moment
        self.lines.config(state="normal")
        # some scripts run from right to left: their lines begin there
        tags = ["from right"] if reads_from_right(text) else []
        self.lines.insert("end", f"{text}\n", tags)
        self.lines.config(state="disabled")
        if at_end:
            self.lines.see("end")

    def end(self, text, lost):
        """Say how the chat has ended: nothing can be sent, but all can be read."""
        self.show(text)
        self.lost = lost
        for widget in (self.field, self.button):
            widget.config(state="disabled")

    def work(self):
        """Do what the other threads want, some of it at once, and look again soon."""
        for _ in range(min(100, to_do.qsize())):
            method, *arguments = to_do.get()
            method(*arguments)
        if stopped.is_set():  # Ctrl+C: exit quietly
            self.leave()
        else:
            self.root.after(TICK, self.work)

    def leave(self):
        """Close the window; the sender tells the server."""
        typed.put(None)
        self.root.destroy()  # this ends mainloop


def main():
    """Open the window, and run it until the user has had enough."""
    # the server's address: from the command line, or else the window asks for it
    host = sys.argv[1] if len(sys.argv) > 1 else ""
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # a window does not notice Ctrl+C by itself: keep it in mind, the window will look
    signal.signal(signal.SIGINT, lambda number, frame: stopped.set())
    window = Window(host, port)
    if host:
        window.try_to_connect()
    window.work()
    window.root.mainloop()
    # the window is closed: give the threads a moment, for our goodbye and for the last
    # words of the server
    for thread in window.threads:
        thread.join(0.7)


main()  # run the program
