import socket
import sys


class Leser:
    def __init__(self, s):
        self.s = s
        self.puffer = b""

    def zeile(self):
        while b"\n" not in self.puffer:
            neu = self.s.recv(1024)
            if neu == b"":
                raise ConnectionError("Der Server ist verschwunden")
            self.puffer = self.puffer + neu
            if len(self.puffer) > 100000:
                raise ConnectionError("Zeile zu lang")
        zeile, self.puffer = self.puffer.split(b"\n", 1)
        return zeile.decode("utf-8", errors="replace").strip("\r")


def senden(s):
    text = sys.stdin.readline()
    if text == "":
        text = "/close"
    text = text.strip()
    s.sendall(text.encode("utf-8"))
    return text


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        s = socket.socket()
        s.connect((host, int(port)))
        leser = Leser(s)
        while senden(s) != "/close":
            antwort = leser.zeile()
            if antwort == "/close":
                print("Der Server hat aufgelegt.", flush=True)
                break
            print("Server: " + antwort, flush=True)
        s.close()
    except (OSError, ValueError, OverflowError) as fehler:
        sys.exit("Fehler: " + str(fehler))


main()
