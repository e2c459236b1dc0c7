"""What a program's text says about slips that Python does not complain of: each is found, and its right form is not."""

from parley.checks.diagnosis.slips import (
    accepted_whole,
    asks_twice,
    assigned_inside,
    leaves_uncalled,
    none_at_the_margin,
    replaces_chunks,
    returns_nothing,
    started_per_line,
    wants_words,
)


def test_accept_gives_a_pair():
    assert accepted_whole("import socket\nconn = server.accept()\n") == 2
    assert accepted_whole("with server.accept() as conn:\n    pass\n") == 1
    assert accepted_whole("conn, address = server.accept()\nconn = server.accept()[0]\n") == 0


def test_a_line_asks_for_more_words_than_there_are():
    usage = "import sys\nif len(sys.argv) {}:\n    print('usage')\n    sys.exit(1)\n"
    assert wants_words(usage.format("!= 4")) == (2, 3)
    assert wants_words(usage.format("< 4")) == (2, 3)
    assert wants_words(usage.format("<= 3")) == (2, 3)
    assert wants_words(usage.format("!= 2")) == (2, 1)
    assert wants_words(usage.format("!= 3")) == wants_words(usage.format("< 3")) == (0, 0)
    assert wants_words("if len(sys.argv) < 4:\n    name = 'Ann'\n") == (0, 0)


def test_exit_is_only_named():
    assert leaves_uncalled("if text == '/close':\n    exit\n") == (2, "exit")
    assert leaves_uncalled("if text == '/close':\n    print('bye')\n    sys.exit\n") == (3, "sys.exit")
    assert leaves_uncalled("if text == '/close':\n    exit()\nif len(sys.argv) < 2:\n    exit\n") == (0, "")


OWN = "conn = None\n\n\ndef main():\n    {}conn = connect()\n"


def test_a_function_gives_a_value_to_a_name_of_its_own():
    found = assigned_inside(OWN.format(""), none_at_the_margin(OWN.format("")))
    assert found and (found.name, found.function, found.line) == ("conn", "main", 5)
    assert assigned_inside(OWN.format("global conn\n    "), {"conn"}) is None
    assert none_at_the_margin("conn = None\nconn = connect()\nother, more = None, None\n") == set()


def test_a_function_that_is_asked_for_a_result_has_none():
    source = "def line(conn):\n    {}conn.recv(9).decode()\n\n\ntext = line(conn)\n"
    found = returns_nothing(source.format(""))
    assert [(each.function, each.line, each.used, each.name) for each in found] == [("line", 1, 5, "text")]
    assert returns_nothing(source.format("return ")) == returns_nothing(source.format("yield ")) == []
    assert returns_nothing("def show(text):\n    print(text)\n\n\nprint(show('tea'))\n") == []
    assert returns_nothing("def show(text):\n    print(text)\n\n\nshow('tea')\n") == []


def test_each_chunk_takes_the_place_of_the_one_before():
    loop = "while not line.endswith(b'\\n'):\n    {}\n"
    assert replaces_chunks(loop.format("line = conn.recv(1)")) == (2, "line")
    assert replaces_chunks(loop.format("line += conn.recv(1)")) == (0, "")
    assert replaces_chunks(loop.format("line = line + conn.recv(1)")) == (0, "")
    assert replaces_chunks("while '\\n' not in text:\n    text = conn.recv(9).decode()\n") == (2, "text")
    assert replaces_chunks("while data:\n    data = conn.recv(9)\n") == (0, "")


def test_a_thread_for_each_typed_line():
    receiver = "def receive(conn):\n    print(conn.recv(9))\n\n\n"
    start = "threading.Thread(target=receive, args=(conn,)).start()"
    assert started_per_line(f"{receiver}while True:\n    text = input()\n    {start}\n") == (7, "receive")
    assert started_per_line(f"{receiver}{start}\nwhile True:\n    text = input()\n") == (0, "")
    assert started_per_line(f"{receiver}while True:\n    conn, address = server.accept()\n    {start}\n") == (0, "")


def test_a_loop_asks_the_keyboard_twice():
    assert asks_twice("while True:\n    name = input('Name: ')\n    text = input('Text: ')\n")
    assert asks_twice("while input() != '/close':\n    send(input())\n")
    assert asks_twice("for line in sys.stdin:\n    send(sys.stdin.readline())\n")
    assert not asks_twice("name = input()\nwhile True:\n    send(input())\n")
    assert not asks_twice("for line in sys.stdin:\n    send(line)\n")
