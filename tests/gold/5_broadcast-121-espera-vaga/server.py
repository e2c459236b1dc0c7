import socket
import sys
import threading
import os

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
max_clientes = int(sys.argv[3]) if len(sys.argv) > 3 else 100

vagas = threading.Semaphore(max_clientes)
usuarios = {}
trava = threading.Lock()


def enviar(sock, texto):
    try:
        sock.sendall((texto + "\n").encode())
    except OSError:
        pass


def espalhar(texto, menos=None):
    with trava:
        for sock in list(usuarios):
            if sock is not menos:
                enviar(sock, texto)


def ler(sock):
    sobra = b""
    while True:
        dados = sock.recv(4096)
        if not dados:
            return
        sobra += dados
        while b"\n" in sobra:
            linha, sobra = sobra.split(b"\n", 1)
            yield linha.decode(errors="replace").removesuffix("\r")
        if len(sobra) > 65536:
            enviar(sock, "Linha longa demais")
            return


def atender(sock, endereco):
    nome = None
    try:
        enviar(sock, "Qual e o seu nome?")
        for linha in ler(sock):
            if linha in ("{quit}", "/close"):
                break
            if nome is None:
                n = linha.strip()
                if not n or len(n) > 32 or not n.isprintable():
                    enviar(sock, "Nome invalido. Qual e o seu nome?")
                    continue
                vagas.acquire()  # espera uma vaga
                nome = n
                espalhar(f"{nome} entrou")
                with trava:
                    usuarios[sock] = nome
                    enviar(sock, f"Bem-vindo {nome}! Escreva {{quit}} para sair")
            elif linha:
                espalhar(f"{nome}: {linha}", sock)
    except OSError as erro:
        print(endereco, "perdido", erro, file=sys.stderr)
    if nome is not None:
        with trava:
            del usuarios[sock]
        espalhar(f"{nome} saiu")
        vagas.release()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()
    print(endereco, "saiu", file=sys.stderr)


def aceitar(servidor):
    while True:
        sock, endereco = servidor.accept()
        print(endereco, "conectado", file=sys.stderr)
        threading.Thread(target=atender, args=(sock, endereco), daemon=True).start()


try:
    servidor = socket.create_server((host, porta), backlog=200)
except OSError as erro:
    sys.exit(f"Erro: {erro}")
threading.Thread(target=aceitar, args=(servidor,), daemon=True).start()
try:
    for comando in sys.stdin:
        if comando.strip() == "/close":
            break
        print("Comando desconhecido. Use /close", flush=True)
    else:
        while True:
            threading.Event().wait(10)
except KeyboardInterrupt:
    pass
espalhar("Fim do chat")
os._exit(0)
