import socket
import sys
from threading import Thread


class ClientThread(Thread):
    def __init__(self, ip, port, conn):
        Thread.__init__(self)
        self.ip = ip
        self.port = port
        self.conn = conn
        print("[+] New server socket thread started for " + ip + ":" + str(port))

    def run(self):
        while True:
            data = self.conn.recv(2048)
            if not data:
                break
            self.conn.send(data)
        self.conn.close()


TCP_IP = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
TCP_PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

tcpServer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcpServer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcpServer.bind((TCP_IP, TCP_PORT))
threads = []

while True:
    tcpServer.listen(4)
    (conn, (ip, port)) = tcpServer.accept()
    newthread = ClientThread(ip, port, conn)
    threads.append(newthread)

for t in threads:
    t.join()
