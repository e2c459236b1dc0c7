# chat server, adapted from a tutorial
import socket
import sys
import threading

host = '127.0.0.1'
port = 50007
max_clients = 100
if len(sys.argv) > 1:
    host = sys.argv[1]
if len(sys.argv) > 2:
    port = int(sys.argv[2])
if len(sys.argv) > 3:
    max_clients = int(sys.argv[3])

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen(200)

clients = []
nicknames = []
mutex = threading.Lock()


def broadcast(message, author=None):
    for client in clients:
        if client is author:
            continue
        try:
            client.sendall(message)
        except OSError:
            pass


def handle(client):
    reader = client.makefile('rb')
    client.sendall('Please enter your nickname:\n'.encode('utf-8'))
    try:
        while True:
            line = reader.readline()
            nickname = line.decode('utf-8', 'replace').strip()
            if not line or nickname in ('{quit}', '/close'):
                client.shutdown(socket.SHUT_RDWR)
                client.close()
                return
            if nickname and len(nickname) <= 32 and nickname.isprintable():
                break
            client.sendall('Please enter your nickname:\n'.encode('utf-8'))
    except OSError:
        client.close()
        return
    mutex.acquire()
    if len(clients) >= max_clients:
        client.sendall('Server is full\n'.encode('utf-8'))
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        return
    else:
        nicknames.append(nickname)
        clients.append(client)
        client.sendall(f'Connected to the server as {nickname}. Type {{quit}} to exit.\n'.encode('utf-8'))
        broadcast(f'{nickname} joined!\n'.encode('utf-8'), client)
    mutex.release()
    try:
        for line in reader:
            text = line.decode('utf-8', 'replace').rstrip('\r\n')
            if text in ('{quit}', '/close'):
                break
            if text:
                with mutex:
                    broadcast(f'{nickname}: {text}\n'.encode('utf-8'), client)
    except OSError:
        pass
    with mutex:
        index = clients.index(client)
        clients.remove(client)
        nicknames.pop(index)
        broadcast(f'{nickname} left!\n'.encode('utf-8'))
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    client.close()


def receive():
    while True:
        client, address = server.accept()
        thread = threading.Thread(target=handle, args=(client,))
        thread.daemon = True
        thread.start()


threading.Thread(target=receive, daemon=True).start()
try:
    for command in sys.stdin:
        if command.strip() == '/close':
            break
        print('Unknown command, try /close', flush=True)
    else:
        threading.Event().wait()
except KeyboardInterrupt:
    pass
with mutex:
    broadcast('Server is shutting down\n'.encode('utf-8'))
    for client in clients:
        client.shutdown(socket.SHUT_RDWR)
