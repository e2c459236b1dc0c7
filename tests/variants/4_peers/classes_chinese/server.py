"""两个人聊天的服务器：几个类，屏幕上说中文，提示符没有换行。"""

import os
import queue
import socket
import sys
import threading
import time

MAX_LINE = 65_536  # 一行最多的字节数
PROMPT = "说> "
END = None  # 一边的最后一个消息


class Lost(Exception):
    """对方没有说 /close 就不见了。"""


def log(text):
    """在日志里写一行。"""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class Source(threading.Thread):
    """一个线程：把一段一段的字节变成一行一行的文字，放进队列；`read` 返回下一段字节。"""

    def __init__(self, who, read, inbox, longest=None):
        super().__init__(daemon=True)
        self.who, self.read, self.inbox, self.longest = who, read, inbox, longest

    def run(self):
        """读到结束为止。"""
        rest = b""
        try:
            while data := self.read(8192):
                *lines, rest = (rest + data).split(b"\n")
                if self.longest and max(map(len, [*lines, rest])) > self.longest:
                    raise ValueError("一行太长了")
                for line in lines:
                    self.inbox.put((self.who, line.removesuffix(b"\r").decode(errors="replace")))
        except (OSError, ValueError) as error:
            log(f"不能接收：{error}")
            rest = b""
        if rest and not self.longest:  # 键盘的最后一行可以没有换行
            self.inbox.put((self.who, rest.decode(errors="replace")))
        self.inbox.put((self.who, END))


class Chat:
    """一次聊天：两个线程读，这个线程做决定。"""

    def __init__(self, name, typed, conn):
        self.conn, self.inbox, self.other = conn, typed, ""
        self.conn.sendall(f"{name}\n".encode())
        Source("对方", conn.recv, self.inbox, MAX_LINE).start()

    def show(self, text):
        """写一行，再写提示符。"""
        print(f"{text}\n{PROMPT}", end="", flush=True)

    def run(self):
        """一行一行地做，直到有人结束。"""
        while True:
            who, text = self.inbox.get()
            if who == "键盘":
                if text in (END, "/close"):
                    self.conn.sendall(b"/close\n")
                    self.conn.shutdown(socket.SHUT_WR)
                    return
                self.conn.sendall(f"{text}\n".encode())
            elif text is END:
                raise Lost("对方不见了")
            elif text == "/close":
                self.show(f"{self.other} 走了。")
                return
            elif not self.other:
                self.other = text
                bold = f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text
                self.show(f"你正在和 {bold} 聊天。")
            else:
                self.show(f"{self.other}: {text}")


def ask(typed):
    """用户的名字；没有名字就是 END。"""
    print("你叫什么名字？", flush=True)
    Source("键盘", lambda size: os.read(sys.stdin.fileno(), size), typed).start()
    return typed.get()[1]


def main(host="127.0.0.1", port="50007"):
    """等一个人来，然后聊天。"""
    typed = queue.Queue()
    try:
        with socket.create_server((host, int(port))) as listener:
            name = ask(typed)
            if name is END:
                return
            conn, address = listener.accept()
        log("{} 端口 {} 来了".format(*address))
        with conn:
            Chat(name, typed, conn).run()
        log("聊天结束了")
    except KeyboardInterrupt:
        log("用户按了 Ctrl+C")
    except (OSError, ValueError, OverflowError, Lost) as error:
        sys.exit(f"{host} 端口 {port} 有问题：{error}")


sys.stdout.reconfigure(encoding="utf-8", errors="replace")
sys.stderr.reconfigure(encoding="utf-8", errors="replace")
main(*sys.argv[1:3])
