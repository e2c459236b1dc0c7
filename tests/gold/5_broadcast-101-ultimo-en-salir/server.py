import threading
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen()

clients = []
nicknames = []
lock = threading.Lock()


def broadcast(message, but=None):
    for client in list(clients):
        if client is not but:
            try:
                client.sendall((message + '\n').encode())
            except OSError:
                pass


def handle(client):
    reader = client.makefile('r', encoding='utf-8', errors='replace', newline='\n')
    client.sendall('NICK?\n'.encode())
    nickname = ''
    while not nickname or len(nickname) > 32 or not nickname.isprintable():
        line = reader.readline()
        if not line or line.strip() in ('{quit}', '/close'):
            client.shutdown(socket.SHUT_RDWR)
            client.close()
            return
        nickname = line.strip()
    with lock:
        if len(clients) >= limit:
            client.sendall('The room is full.\n'.encode())
            client.shutdown(socket.SHUT_RDWR)
            return
        broadcast(f'{nickname} joined the chat!')
        nicknames.append(nickname)
        clients.append(client)
        client.sendall(f'Connected as {nickname}. Leave with {{quit}}\n'.encode())
    try:
        for message in reader:
            message = message.rstrip('\n').rstrip('\r')
            if message in ('{quit}', '/close'):
                break
            if message:
                with lock:
                    index = clients.index(client)
                    broadcast(f'{nicknames[index]}: {message}', client)
    except OSError:
        pass
    with lock:
        clients.remove(client)
        nickname = nicknames.pop()
        broadcast(f'{nickname} left the chat!')
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    client.close()


def receive():
    while True:
        client, address = server.accept()
        print(f"Connected with {str(address)}", file=sys.stderr)
        thread = threading.Thread(target=handle, args=(client,), daemon=True)
        thread.start()


print("Server is listening...", file=sys.stderr)
threading.Thread(target=receive, daemon=True).start()
try:
    for command in sys.stdin:
        if command.strip() == '/close':
            broadcast('The chat is over.')
            for c in clients:
                c.shutdown(socket.SHUT_RDWR)
            sys.exit(0)
        print('Commands: /close', flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    broadcast('The chat is over.')
    for c in clients:
        c.shutdown(socket.SHUT_RDWR)
