# serwer czatu dla dwóch osób
import socket
import sys
import threading


class Serwer:
    def __init__(self, host, port):
        self.gniazdo = socket.create_server((host, port))
        self.koniec = threading.Event()
        self.inny = None

    def linie(self):
        bufor = b""
        while True:
            dane = self.polaczenie.recv(4096)
            if dane == b"":
                return
            bufor += dane
            while b"\n" in bufor:
                linia, bufor = bufor.split(b"\n", 1)
                yield linia.decode("utf-8", "replace").rstrip("\r")

    def odbieraj(self):
        for linia in self.linie():
            if not self.inny:
                self.inny = linia
                print("Rozmawiasz z", self.inny, flush=True)
                continue
            if linia == "/close":
                self.koniec.set()
                return
            print(inny + ": " + linia, flush=True)
        print("Utracono połączenie", flush=True)
        self.koniec.set()

    def wysylaj(self):
        for linia in sys.stdin:
            self.polaczenie.sendall(linia.encode("utf-8"))
            if linia == "/close\n":
                break
        else:
            self.polaczenie.sendall(b"/close\n")
        self.koniec.set()

    def uruchom(self, imie):
        self.polaczenie, adres = self.gniazdo.accept()
        self.gniazdo.close()
        self.polaczenie.sendall(imie.encode("utf-8") + b"\n")
        threading.Thread(target=self.odbieraj, daemon=True).start()
        threading.Thread(target=self.wysylaj, daemon=True).start()
        self.koniec.wait()
        self.polaczenie.shutdown(socket.SHUT_WR)


imie = input("Imię: ")
Serwer(sys.argv[1], int(sys.argv[2])).uruchom(imie)
