"""Чат двоих, общее для двух программ: всё в цвете, приглашение рисуется заново, вместо ожидания короткие тайм-ауты."""

import os
import select
import signal
import socket
import sys

LIMIT = 65_536
COLOUR, PLAIN, ERASE = "\033[36m", "\033[0m", "\r\033[K"
stop = []


class Lines:
    """Строки из потока байтов."""

    def __init__(self):
        self.data, self.ended = b"", False

    def add(self, data):
        """Добавить, что пришло; пустое — конец."""
        self.data += data
        self.ended = self.ended or not data

    def pop(self):
        """Следующая строка без её конца, или None."""
        line, end, rest = self.data.partition(b"\n")
        if not end:
            return None
        self.data = rest
        return line


def write(text):
    """Написать на экран над приглашением."""
    os.write(1, f"{ERASE}{text}\n{COLOUR}>{PLAIN} ".encode())


def log(text):
    """Написать в журнал."""
    os.write(2, f"{COLOUR}·{PLAIN} {text}\n".encode())


def look(keys, seconds):
    """Что набрано? Подождать недолго; последняя строка может быть без конца."""
    if not keys.ended and select.select([0], [], [], seconds)[0]:
        keys.add(os.read(0, 4096))
    line = keys.pop()
    if line is None and keys.ended:
        line, keys.data = keys.data or b"/close", b""
    return line


def receive(connection, heard):
    """Взять, что пришло; вернуть, что случилось, если собеседник потерян."""
    try:
        heard.add(connection.recv(1 << 18))
    except TimeoutError:
        return ""
    except OSError as error:
        return str(error)
    return "конец потока" if heard.ended else ""


def chat(connection, name, keys):
    """Говорить и слушать, пока один из двоих не уйдёт."""
    heard, other, outgoing, leaving = Lines(), None, name + b"\n", False
    while not stop:
        while not leaving and (line := look(keys, 0.03)) is not None:
            outgoing += line + b"\n"
            leaving = line == b"/close"
        try:
            while outgoing:
                outgoing = outgoing[connection.send(outgoing) :]
        except TimeoutError:
            pass
        except OSError:
            outgoing = b""
        lost = receive(connection, heard)
        while (line := heard.pop()) is not None and len(line) <= LIMIT:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if other is None:
                other = text
                bold = f"\033[1m{other}{PLAIN}" if sys.stdout.isatty() else other
                write(f"Ваш собеседник: {bold}")
            elif text == "/close":
                write(f"{COLOUR}Чат окончен: {other} уходит{PLAIN}")
                return
            else:
                write(f"{COLOUR}•{PLAIN} {other}: {text}")
        if leaving and not outgoing:
            return
        if len(line or heard.data) > LIMIT:
            raise OSError("слишком длинная строка")
        if lost:
            raise OSError(f"собеседник потерян, {lost}")


def run(connect, host="127.0.0.1", port="50007"):
    """Спросить имя, найти собеседника и начать разговор."""
    signal.signal(signal.SIGINT, lambda *_: stop.append(1))
    os.write(1, f"{COLOUR}Ваше имя:{PLAIN} ".encode())
    keys, name = Lines(), None
    while name is None and not stop:
        name = look(keys, 0.1)
    if stop or (keys.ended and name == b"/close"):
        return
    try:
        connection, address = connect(host, int(port))
        log(f"связь: {address[0]} {address[1]}")
        connection.settimeout(0.03)
        with connection:
            chat(connection, name, keys)
            connection.shutdown(socket.SHUT_WR)
        log(f"связь окончена: {address[0]} {address[1]}")
    except (OSError, ValueError, OverflowError) as error:
        if not stop:
            sys.exit(f"Ошибка: {error}")
