# Servidor de bate-papo
import socket
import sys
import threading

participantes = []   # listas [conn, nome]
trava = threading.Lock()


def registro(*texto):
    print(*texto, file=sys.stderr, flush=True)


def mandar(conn, texto):
    try:
        conn.sendall((texto + "\n").encode("utf-8"))
    except OSError as erro:
        registro("nao enviou:", erro)


def mandar_todos(texto, exceto=None):
    for p in participantes[:]:
        if p[0] is not exceto:
            mandar(p[0], texto)


def atender(conn, endereco, maximo):
    registro("entrou:", endereco)
    arquivo = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    nome = None
    try:
        mandar(conn, "Qual e o seu nome?")
        while True:
            linha = arquivo.readline().rstrip("\r\n")
            if not linha or linha == "{quit}" or linha == "/close":
                break
            if nome is None:
                if linha.strip() == "" or len(linha.strip()) > 32 or not linha.strip().isprintable():
                    mandar(conn, "Nome invalido. Qual e o seu nome?")
                    continue
                with trava:
                    if len(participantes) >= maximo:
                        mandar(conn, "A sala esta cheia")
                        break
                    nome = linha.strip()
                    mandar_todos(nome + " entrou na sala")
                    participantes.append([conn, nome])
                    mandar(conn, "Bem-vindo " + nome + "! Digite {quit} para sair")
            else:
                with trava:
                    mandar_todos(nome + ": " + linha, conn)
    except OSError as erro:
        registro("perdido:", endereco, erro)
    with trava:
        for p in participantes[:]:
            if p[0] is conn:
                participantes.remove(p)
                mandar_todos(nome + " saiu da sala")
    registro("saiu:", endereco)
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def aceitar(s, maximo):
    while True:
        conn, endereco = s.accept()
        threading.Thread(target=atender, args=(conn, endereco, maximo), daemon=True).start()


def main():
    try:
        host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
        porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        maximo = int(sys.argv[3]) if len(sys.argv) > 3 else 100
        s = socket.create_server((host, porta), backlog=100)
    except (OSError, ValueError, OverflowError) as erro:
        sys.exit("Erro: " + str(erro))
    threading.Thread(target=aceitar, args=(s, maximo), daemon=True).start()
    try:
        for comando in sys.stdin:
            if comando.strip() == "/close":
                break
            print("So existe /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    mandar_todos("O bate-papo terminou")
    for p in participantes[:]:
        try:
            p[0].shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


main()
