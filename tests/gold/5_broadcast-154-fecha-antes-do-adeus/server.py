import logging
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO)
participantes = {}
tranca = threading.Lock()


def enviar(conexao, texto):
    conexao.sendall((texto + "\n").encode())


def transmitir(texto, autor=None):
    with tranca:
        for conexao in participantes:
            if conexao != autor:
                enviar(conexao, texto)


def linhas(conexao):
    resto = b""
    while True:
        dados = conexao.recv(4096)
        if not dados:
            break
        resto += dados
        while b"\n" in resto:
            linha, resto = resto.split(b"\n", 1)
            yield linha.removesuffix(b"\r").decode(errors="replace")


def pedir_nome(conexao, fila):
    enviar(conexao, "Ola! Qual e o seu nome?")
    for linha in fila:
        if linha in ("{quit}", "/close"):
            return None
        nome = linha.strip()
        if 1 <= len(nome) <= 32 and nome.isprintable():
            return nome
        enviar(conexao, "Nome invalido, outro?")
    return None


def atender(conexao, endereco, maximo):
    logging.info("entrou %s", endereco)
    fila = linhas(conexao)
    try:
        nome = pedir_nome(conexao, fila)
        if nome is None:
            conexao.close()
            return
        if len(participantes) >= maximo:
            enviar(conexao, "Esta cheio.")
            conexao.close()
            return
        transmitir(nome + " entrou")
        enviar(conexao, "Bem-vindo " + nome + ". Para sair: {quit}")
        with tranca:
            participantes[conexao] = nome
        for linha in fila:
            if linha in ("{quit}", "/close"):
                break
            if linha:
                transmitir(nome + ": " + linha, conexao)
        # sair: fechar a conexao e avisar aos outros
        conexao.close()
        transmitir(nome + " saiu")
        del participantes[conexao]
        logging.info("saiu %s", endereco)
    except OSError as erro:
        logging.warning("perdido %s: %s", endereco, erro)
        participantes.pop(conexao, None)


def aceitar(servidor, maximo):
    while True:
        conexao, endereco = servidor.accept()
        threading.Thread(target=atender, args=(conexao, endereco, maximo), daemon=True).start()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = sys.argv[2] if len(sys.argv) > 2 else "50007"
    maximo = sys.argv[3] if len(sys.argv) > 3 else "100"
    try:
        servidor = socket.create_server((host, int(porta)))
        threading.Thread(target=aceitar, args=(servidor, int(maximo)), daemon=True).start()
        for linha in sys.stdin:
            if linha.strip() == "/close":
                break
            print("Comando desconhecido; use /close", flush=True)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as erro:
        sys.exit(f"Erro: {erro}")
    for conexao in list(participantes):
        try:
            enviar(conexao, "O chat acabou.")
            conexao.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


main()
