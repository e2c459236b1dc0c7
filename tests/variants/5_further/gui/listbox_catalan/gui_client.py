"""Client amb finestra, tot en una pàgina: selectors, ttk i una llista. Start: python gui_client.py [HOST [PORT]]"""

import collections
import logging
import selectors
import signal
import socket
import sys
import threading
import time
import tkinter as tk
from tkinter import messagebox, ttk

MAX_LINE = 65_536  # bytes of the longest line
stopped = threading.Event()  # by Ctrl+C


class Connection(threading.Thread):
    """One thread for all that the network does. It leaves notes for the window, which looks for them."""

    def __init__(self, host, port):
        super().__init__(daemon=True)
        self.address = host, port
        self.notes = collections.deque()  # ("connected" | "line" | "trouble" | "over" | "lost", text)
        self.outgoing = collections.deque()
        self.leaving = threading.Event()
        self.since = time.monotonic()
        self.near, self.far = socket.socketpair()  # the window writes a byte here to wake this thread

    def say(self, text):
        """Have a line sent."""
        self.outgoing.append(f"{text}\n".encode())
        self.near.send(b".")

    def leave(self):
        """Leave the chat, politely."""
        self.leaving.set()
        self.near.send(b".")

    def run(self):
        host, port = self.address
        try:
            conn = socket.create_connection((host, int(port)), timeout=1.9)
        except (OSError, ValueError, OverflowError) as error:
            self.notes.append(("trouble", f"No s'ha pogut connectar amb {host}, port {port}: {error}"))
            return
        logging.info("connectat amb %s port %s", host, port)
        self.notes.append(("connected", ""))
        try:
            with conn:
                self.talk(conn)
        except (OSError, ValueError) as error:
            logging.warning("s'ha perdut el servidor: %s", error)
            self.notes.append(("lost", f"S'ha perdut el servidor: {error}"))

    def talk(self, conn):
        """Receive and send until one side has had enough."""
        conn.setblocking(False)
        selector = selectors.DefaultSelector()
        selector.register(conn, selectors.EVENT_READ)
        selector.register(self.far, selectors.EVENT_READ)
        rest, pending = b"", bytearray()
        while True:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if pending else 0)
            selector.modify(conn, events)
            ready = {key.fileobj: mask for key, mask in selector.select()}
            if self.far in ready:
                self.far.recv(1000)
            while self.outgoing:
                pending += self.outgoing.popleft()
            if self.leaving.is_set():
                conn.setblocking(True)
                conn.settimeout(1)
                conn.sendall(bytes(pending) + b"{quit}\n")
                conn.shutdown(socket.SHUT_WR)
                return
            if ready.get(conn, 0) & selectors.EVENT_WRITE:
                del pending[: conn.send(pending)]
            if ready.get(conn, 0) & selectors.EVENT_READ:
                data = conn.recv(65_536)
                if not data:
                    self.notes.append(("over", "El servidor ha penjat: s'ha acabat."))
                    return
                *lines, rest = (rest + data).split(b"\n")
                if max(map(len, [*lines, rest])) > MAX_LINE:
                    raise ValueError(f"una línia de més de {MAX_LINE} bytes")
                for line in lines:
                    self.notes.append(("line", line.removesuffix(b"\r").decode(errors="replace")))


class App(tk.Tk):
    """Everything on one page: where to connect above, the list, and the field below."""

    def __init__(self, host, port):
        super().__init__()
        self.title("Xat")
        self.connection, self.status = None, 0
        above, below = ttk.Frame(self), ttk.Frame(self)
        self.host, self.port, self.text = (tk.StringVar(self, each) for each in (host, port, ""))
        ttk.Label(above, text="Servidor").pack(side="left")
        first = ttk.Entry(above, textvariable=self.host)
        first.pack(side="left")
        second = ttk.Entry(above, textvariable=self.port)
        second.pack(side="left")
        ttk.Button(above, text="Connecta", command=self.connect).pack(side="left")
        above.pack()
        self.list = tk.Listbox(self, width=80, height=20)
        bar = ttk.Scrollbar(self, command=self.list.yview)
        self.list["yscrollcommand"] = bar.set
        self.list.pack(fill="both", expand=True)
        self.field = ttk.Entry(below, textvariable=self.text)
        self.field.pack(side="left", fill="x", expand=True)
        ttk.Button(below, text="Envia", command=self.send).pack(side="left")
        below.pack(fill="x")
        for entry, action in ((first, self.connect), (second, self.connect), (self.field, self.send)):
            entry.bind("<Return>", lambda event, action=action: action())
        self.protocol("WM_DELETE_WINDOW", self.leave)
        if host:
            self.connect()
        self.look()

    def connect(self):
        """Connect with what stands in the fields."""
        if not self.host.get().strip():
            messagebox.showwarning("Xat", "Cal dir quin és el servidor.")
        else:
            self.connection = Connection(self.host.get().strip(), self.port.get().strip())
            self.connection.start()

    def send(self):
        """Send what stands in the field."""
        text = self.text.get()
        self.text.set("")
        if text in ("{quit}", "/close"):
            self.leave()
        elif text and self.connection:
            self.connection.say(text)

    def look(self):
        """Show the notes of the connection."""
        while self.connection and self.connection.notes:
            what, text = self.connection.notes.popleft()
            if what == "trouble":
                messagebox.showerror("Xat", text)
            elif what != "connected":
                last = self.list.size() - 1
                below = last < 0 or self.list.bbox(last)
                self.list.insert("end", text)
                if below:
                    self.list.see("end")
                self.status = int(what == "lost")
        if stopped.is_set():
            self.leave()
        else:
            self.after(40, self.look)

    def leave(self):
        """Close the window."""
        if self.connection:
            self.connection.leave()
        self.destroy()


def main():
    """Open the window, and leave politely."""
    logging.basicConfig(level=logging.INFO)
    signal.signal(signal.SIGINT, lambda number, frame: stopped.set())
    host, port = (sys.argv[1:] + ["", "50007"][len(sys.argv) - 1 :])[:2]
    try:
        app = App(host, port)
    except tk.TclError as error:
        sys.exit(f"No hi ha pantalla: {error}")
    app.mainloop()
    if app.connection:
        app.connection.join(1)
    if app.status:
        sys.exit("S'ha perdut el servidor.")


main()
