import socket
import sys
import threading


class ClientHandler(threading.Thread):
    """Handles one client (like the ClientHandler of our Java course)."""

    def __init__(self, server, sock, address):
        super().__init__(daemon=True)
        self.server = server
        self.sock = sock
        self.address = address
        self.userName = ""
        self.joined = False

    def sendLine(self, line):
        try:
            self.sock.sendall((line + "\n").encode("utf-8"))
        except OSError:
            pass

    def readLines(self):
        buffer = b""
        while True:
            chunk = self.sock.recv(2048)
            if len(chunk) == 0:
                return
            buffer = buffer + chunk
            while b"\n" in buffer:
                index = buffer.index(b"\n")
                line = buffer[:index]
                buffer = buffer[index + 1:]
                yield line.decode("utf-8", "replace").rstrip("\r")

    def run(self):
        print("Client connected: " + str(self.address), file=sys.stderr, flush=True)
        self.sendLine("Please enter your name:")
        try:
            for line in self.readLines():
                if line == "{quit}" or line == "/close":
                    break
                if not self.joined:
                    self.userName = line.strip()
                    if len(self.userName) < 1 or len(self.userName) > 32 or not self.userName.isprintable():
                        self.sendLine("Invalid name. Please enter your name:")
                    elif not self.server.addUser(self):
                        self.sendLine("Sorry, the server is full.")
                        break
                elif line != "":
                    self.server.broadcast(self.userName + ": " + line, self.userName)
        except OSError as e:
            print("Lost " + str(self.address) + " " + str(e), file=sys.stderr, flush=True)
        self.server.removeUser(self)
        print("Client disconnected: " + str(self.address), file=sys.stderr, flush=True)
        self.close()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class ChatServer:
    def __init__(self, host, port, maxClients):
        self.host = host
        self.port = port
        self.maxClients = maxClients
        self.handlers = []
        self.lock = threading.Lock()

    def addUser(self, handler):
        with self.lock:
            if len(self.handlers) >= self.maxClients:
                return False
            for h in self.handlers:
                h.sendLine(handler.userName + " has joined the chat")
            self.handlers.append(handler)
            handler.joined = True
            handler.sendLine("Welcome " + handler.userName + "! Type {quit} to leave.")
            return True

    def removeUser(self, handler):
        with self.lock:
            if handler in self.handlers:
                self.handlers.remove(handler)
                for h in self.handlers:
                    h.sendLine(handler.userName + " has left the chat")

    def broadcast(self, message, author):
        with self.lock:
            for h in self.handlers:
                if h.userName != author:
                    h.sendLine(message)

    def acceptLoop(self, serverSocket):
        while True:
            sock, address = serverSocket.accept()
            ClientHandler(self, sock, address).start()

    def console(self):
        for command in sys.stdin:
            if command.strip() == "/close":
                return
            print("Unknown command. Use /close", flush=True)
        threading.Event().wait()

    def shutdown(self):
        with self.lock:
            for h in self.handlers:
                h.sendLine("Server is shutting down")
                try:
                    h.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def start(self):
        serverSocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        serverSocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        serverSocket.bind((self.host, self.port))
        serverSocket.listen(100)
        threading.Thread(target=self.acceptLoop, args=(serverSocket,), daemon=True).start()
        try:
            self.console()
        except KeyboardInterrupt:
            pass
        self.shutdown()


if __name__ == "__main__":
    try:
        host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        maxClients = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        ChatServer(host, port, maxClients).start()
    except (OSError, ValueError, OverflowError) as e:
        print("Error: " + str(e), file=sys.stderr)
        sys.exit(1)
