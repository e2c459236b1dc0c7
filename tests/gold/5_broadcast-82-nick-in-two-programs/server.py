import socket
import sys
import threading

host = sys.argv[1]
port = int(sys.argv[2])

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen()

clients = []
nicknames = []


def broadcast(message, connection=None):
    for client in clients:
        if client != connection:
            client.send(message)


def handle(client):
    while True:
        try:
            message = client.recv(1024)
            if message.decode().strip() == "{quit}":
                raise Exception
            broadcast(message, client)
        except:
            index = clients.index(client)
            clients.remove(client)
            client.close()
            nickname = nicknames[index]
            broadcast(f"{nickname} left!\n".encode("utf-8"))
            nicknames.remove(nickname)
            break


def receive():
    while True:
        client, address = server.accept()
        print(f"Connected with {str(address)}")
        client.send("NICK\n".encode("utf-8"))
        nickname = client.recv(1024).decode("utf-8").strip()
        nicknames.append(nickname)
        clients.append(client)
        print(f"Nickname is {nickname}")
        broadcast(f"{nickname} joined!\n".encode("utf-8"), client)
        client.send(f"Connected to server, {nickname}! Write {{quit}} to leave.\n".encode("utf-8"))
        thread = threading.Thread(target=handle, args=(client,))
        thread.start()


print("Server is listening...")
receive()
