"""广播聊天的客户端：几个类，屏幕上说中文，提示符没有换行。"""

import os
import socket
import sys
import threading
import time

MAX_LINE = 65_536  # 一行最多的字节数
PROMPT = "说> "


def log(text):
    """在日志里写一行。"""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class Lines:
    """把一段一段的字节变成一行一行的文字；`read` 返回下一段字节。"""

    def __init__(self, read):
        self.read = read
        self.rest = b""

    def __iter__(self):
        while data := self.read(8192):
            *lines, self.rest = (self.rest + data).split(b"\n")
            for line in [*lines, self.rest]:
                if len(line) > MAX_LINE:
                    raise ValueError("一行太长了")
            yield from (line.decode(errors="replace") for line in lines)
        if self.rest:  # 最后一行可以没有换行
            yield self.rest.decode(errors="replace")


class Screen:
    """屏幕：每次写完一行，再写提示符。"""

    def __init__(self):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        self.prompt()

    def prompt(self):
        """写提示符。"""
        print(PROMPT, end="", flush=True)

    def show(self, text):
        """写一行。"""
        print(text, flush=True)
        self.prompt()


class Client:
    """一次聊天：主线程接收，另一个线程看键盘。"""

    def __init__(self, conn):
        self.conn = conn
        self.screen = Screen()
        self.leaving = False  # 我们自己要走

    def send_typed(self):
        """发送键盘上写的每一行，直到用户要走。"""
        try:
            for text in Lines(lambda size: os.read(sys.stdin.fileno(), size)):
                if text in ("{quit}", "/close"):
                    break
                self.conn.sendall(f"{text}\n".encode())
            self.leaving = True
            self.conn.shutdown(socket.SHUT_WR)
        except OSError as error:
            log(f"不能发送：{error}")  # 接收的线程也会知道

    def run(self):
        """聊天，直到有人结束。"""
        threading.Thread(target=self.send_typed, daemon=True).start()
        try:
            for text in Lines(self.conn.recv):
                self.screen.show(text.removesuffix("\r"))
            self.screen.show("聊天结束了。")
        except OSError:
            if not self.leaving:
                raise


def main(host="127.0.0.1", port="50007"):
    """连接服务器，然后聊天。"""
    try:
        with socket.create_connection((host, int(port)), timeout=2) as conn:
            conn.settimeout(None)
            log(f"连上了 {host} 端口 {port}")
            Client(conn).run()
        log("离开了")
    except KeyboardInterrupt:
        log("用户按了 Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"{host} 端口 {port} 有问题：{error}")


sys.stderr.reconfigure(encoding="utf-8", errors="replace")
main(*sys.argv[1:3])
