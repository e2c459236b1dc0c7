# Derived from ../full/gui_client.py by "parley build": change that file, not this one.
"""Broadcast client with a window: all hear what one says. Start: python gui_client.py [HOST [PORT]]"""

import queue
import signal
import socket
import sys
import threading
import tkinter.scrolledtext

PATIENCE = 2  # in seconds: so long a server may take to answer
TICK = 50  # in milliseconds: so often the window looks whether there is something to do

to_do = queue.Queue(maxsize=1000)  # from the other threads to the window: (method, arguments); when full, they wait
typed = queue.SimpleQueue()  # from the window to the sender: the lines to send, and None at the end
stopped = threading.Event()  # an event: somebody has pressed Ctrl+C


def receive_lines(conn):
    """Yield each line that arrives on this connection, as text without its line end."""
    waiting = b""  # a line that is not whole yet
    # receive some bytes, as many as are there: they may hold half a line, or several
    while data := conn.recv(4096):
        lines = (waiting + data).split(b"\n")  # cut at every line end
        # what comes after the last line end waits for the rest of its line
        waiting = lines.pop()
        for line in lines:  # these lines are whole: only now can their bytes be read as text
            yield line.removesuffix(b"\r").decode(errors="replace")
    if waiting:  # no bytes at all are the end-of-stream: it ends the last line too
        yield waiting.removesuffix(b"\r").decode(errors="replace")


def connect(window, attempt, host, port):
    """The connector: try to reach the server, and let the window know how that went."""
    conn = socket.create_connection((host, int(port)), timeout=PATIENCE)
    conn.settimeout(None)  # the timeout was for connecting: a chat may be quiet for as long as it likes
    to_do.put((window.begin, attempt, conn))


def show_received(window, conn):
    """The receiver: let the window show each line that arrives, until the server ends the stream."""
    for text in receive_lines(conn):
        to_do.put((window.show, text))
    # after the loop, the end-of-stream: the chat is over
    to_do.put((window.end, "The server has hung up.", False))


def send_typed(conn):
    """The sender: send each line that was typed, so that the window never waits for the network."""
    while (text := typed.get()) is not None:
        conn.sendall(f"{text}\n".encode())
    # tell the server that we leave, and say end-of-stream
    conn.sendall(b"{quit}\n")
    conn.shutdown(socket.SHUT_WR)


class Window:
    """The window. Only the main thread calls its methods; the other threads put into the queue what it has to do."""

    def __init__(self, host, port):
        """Make a window with two pages, the question for the server and the chat; the question is shown first."""
        self.root = tkinter.Tk()
        self.root.title("Parley")
        self.root.protocol("WM_DELETE_WINDOW", self.leave)  # closing the window leaves the chat
        self.attempt = 0  # each attempt to connect has a number: an answer that comes too late is known by it
        self.threads = []  # those that run while we are connected
        self.lost = False  # whether the server was lost
        # the question: a field for the host, one for the port, a button, and room for what goes wrong
        self.question = tkinter.Frame(self.root)
        self.host, self.port = (tkinter.Entry(self.question, width=32) for _ in range(2))
        for row, (name, field, text) in enumerate([("Host", self.host, host), ("Port", self.port, port)]):
            tkinter.Label(self.question, text=name).grid(row=row, column=0)
            field.insert(0, text)
            field.bind("<Return>", self.try_to_connect)  # Enter does the same as the button
            field.grid(row=row, column=1, padx=6, pady=3)
        tkinter.Button(self.question, text="Connect", command=self.try_to_connect).grid(row=2, column=1, sticky="e")
        self.trouble = tkinter.Label(self.question, wraplength=320)
        self.trouble.grid(row=3, column=0, columnspan=2)
        # the chat: the lines with a scroll bar, below them a field and a button to send
        self.chat = tkinter.Frame(self.root)
        below = tkinter.Frame(self.chat)
        self.field = tkinter.Entry(below)
        self.field.bind("<Return>", self.send)
        self.button = tkinter.Button(below, text="Send", command=self.send)
        self.lines = tkinter.scrolledtext.ScrolledText(self.chat, width=64, height=16, wrap="word", state="disabled")
        below.pack(side="bottom", fill="x", padx=6, pady=6)
        self.field.pack(side="left", fill="x", expand=True)
        self.button.pack(side="right")
        self.lines.pack(fill="both", expand=True)
        # show the question
        self.question.pack(padx=12, pady=12)
        self.host.focus_set()

    def try_to_connect(self, _event=None):
        """Start a connector for what stands in the fields; the window goes on meanwhile."""
        host, port = self.host.get().strip(), self.port.get().strip()
        self.attempt += 1
        if not host:  # there is no default for the host
            self.trouble.config(text="Which host? That field is empty.")
            return
        self.trouble.config(text=f"Connecting to {host} port {port} ...")
        threading.Thread(target=connect, args=[self, self.attempt, host, port], daemon=True).start()
        # if nothing is known after our patience, that is a failure too
        self.root.after(PATIENCE * 1000, self.fail, self.attempt, f"No answer from {host} port {port}.")

    def fail(self, attempt, text):
        """Say why this attempt has failed; then what stands in the fields can be mended."""
        if attempt == self.attempt:
            self.attempt += 1
            self.trouble.config(text=text)

    def begin(self, attempt, conn):
        """Turn to the chat, and start the two threads for it: one sends, one receives."""
        if attempt != self.attempt:  # it comes too late
            conn.close()
            return
        self.attempt += 1
        self.question.pack_forget()
        self.chat.pack(fill="both", expand=True)
        self.field.focus_set()
        for target, arguments in ((send_typed, [conn]), (show_received, [self, conn])):
            self.threads.append(threading.Thread(target=target, args=arguments, daemon=True))
            self.threads[-1].start()

    def send(self, _event=None):
        """Take the line from the field: give it to the sender and show it, or leave."""
        text = self.field.get()
        self.field.delete(0, "end")  # it is empty for the next one
        if text in ("{quit}", "/close"):
            self.leave()
        elif text:
            typed.put(text)
            self.show(f"> {text}")

    def show(self, text):
        """Add a line below the others; who has scrolled up goes on reading there."""
        at_end = self.lines.bbox("end-1c")  # nothing, if the last line is out of sight
        self.lines.config(state="normal")  # the user cannot change the lines: we can, for a moment
        self.lines.insert("end", f"{text}\n")
        self.lines.config(state="disabled")
        if at_end:
            self.lines.see("end")

    def end(self, text, lost):
        """Say how the chat has ended: nothing can be sent any more, but all can be read."""
        self.show(text)
        self.lost = lost
        for widget in (self.field, self.button):
            widget.config(state="disabled")

    def work(self):
        """Do what the other threads want, some of it at once, and look again in a moment."""
        for _ in range(min(100, to_do.qsize())):
            method, *arguments = to_do.get()
            method(*arguments)
        if stopped.is_set():  # Ctrl+C is a polite end
            self.leave()
        else:
            self.root.after(TICK, self.work)

    def leave(self):
        """Close the window; the sender tells the server."""
        typed.put(None)
        self.root.destroy()  # this ends mainloop


def main():
    """Open the window, and run it until the user has had enough."""
    # the address of the server: from the command line, or else the window asks for it and offers port 50007
    host = sys.argv[1] if len(sys.argv) > 1 else ""
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # a window does not notice Ctrl+C by itself: keep it in mind, the window will look
    signal.signal(signal.SIGINT, lambda number, frame: stopped.set())
    window = Window(host, port)
    if host:
        window.try_to_connect()
    window.work()
    window.root.mainloop()
    # the window is closed: give the threads a moment, for our goodbye and for the last words of the server
    for thread in window.threads:
        thread.join(0.7)


main()  # so far all was only defined: here it begins
