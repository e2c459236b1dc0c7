"""The drawing of stage 5's server shows what the program is: no thread, queue, event or call more, and none less."""

import ast
import re
import xml.etree.ElementTree as ET

import pytest

from parley.drawing.drawing import HEIGHT, WIDTH, server_described, server_drawing
from parley.stages import find, solution

SVG = "{http://www.w3.org/2000/svg}"
FULL = solution(find(5), "full", "server").read_text(encoding="utf-8")
WIDE = {"code": 6.7, "name": 7.9}  # pixels of a character, rather more than less; 6.4 in all other styles


def drawn():
    """The drawing as XML."""
    return ET.fromstring(server_drawing())


def parts(kind):
    """The names of all parts of this kind in the drawing."""
    return {group.get("data-name") for group in drawn().iter(f"{SVG}g") if group.get("data-kind") == kind}


def codes(group):
    """What stands in the style of code in a part of the drawing."""
    return [text.text for text in group.iter(f"{SVG}text") if "code" in text.get("class").split()]


def drawn_calls():
    """(thread, object, method) of each call that stands beside an arrow between a thread and that object."""
    found, threads = set(), parts("thread")
    for way in drawn().iter(f"{SVG}g"):
        ends = {way.get("data-source"), way.get("data-target")}
        for code in codes(way):
            call = re.match(r"(\w+)\.(\w+)", code)
            if call and call[1] in ends:
                found |= {(thread, call[1], call[2]) for thread in ends & threads}
    return found


class Program:
    """What the source text of a server says about its threads and about what they share."""

    def __init__(self, text):
        self.tree = ast.parse(text)
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}

    def made_by(self, maker):
        """The names of the module to which a call of this maker ("queue.Queue") is assigned."""
        nodes = [node for node in self.tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
        return {node.targets[0].id for node in nodes if ast.unparse(node.value.func) == maker}

    def threads(self):
        """The function of each thread, with that of the main thread."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        started = [call for call in calls if ast.unparse(call.func).endswith("Thread")]
        return {"main"} | {
            ast.unparse(word.value) for call in started for word in call.keywords if word.arg == "target"
        }

    def runs(self, name):
        """The functions that run in the thread of this function: itself, and all that these call."""
        found, waiting = set(), [name]
        while waiting:
            function = waiting.pop()
            if function in self.functions and function not in found:
                found.add(function)
                calls = [node for node in ast.walk(self.functions[function]) if isinstance(node, ast.Call)]
                waiting += [call.func.id for call in calls if isinstance(call.func, ast.Name)]
        return found

    def calls(self, *objects):
        """(thread, object, method) of each call of a method of these objects."""
        return {
            (thread, node.func.value.id, node.func.attr)
            for thread in self.threads()
            for function in self.runs(thread)
            for node in ast.walk(self.functions[function])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if isinstance(node.func.value, ast.Name) and node.func.value.id in objects
        }

    def uses(self, name):
        """The threads in which this name is used."""
        return {
            thread
            for thread in self.threads()
            for function in self.runs(thread)
            if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self.functions[function]))
        }


def differences(text):
    """What the drawing shows otherwise than this program is, as sentences."""
    program, found = Program(text), []
    if program.threads() != parts("thread"):
        found.append(f"Threads: {program.threads()} in the program, {parts('thread')} in the drawing.")
    made = program.made_by("queue.Queue") | {"outboxes"}
    if made != parts("store"):
        found.append(f"What waits: {made} in the program, {parts('store')} in the drawing.")
    if program.made_by("threading.Event") != parts("event"):
        found.append(f"Events: {program.made_by('threading.Event')} in the program, {parts('event')} in the drawing.")
    calls = program.calls(*program.made_by("queue.Queue"), *program.made_by("threading.Event")) - {
        ("send_all", "messages", "qsize")  # takes nothing out
    }
    calls |= {call for call in program.calls("conn", "listener") if call[2] in ("recv", "accept")}
    for call in sorted(calls ^ drawn_calls()):
        found.append(f"{call} is {'not in the drawing' if call in calls else 'in the drawing alone'}.")
    senders = {call[0] for call in program.calls("conn") if call[2] in ("sendall", "send", "shutdown", "close")}
    if senders | program.uses("outboxes") != {"send_all"}:
        found.append("Not only the sender sends, hangs up, closes and looks at the outboxes.")
    found += [f"{code!r} is not in the program." for code in codes(drawn()) if code not in text]
    return found


def test_the_drawing_is_true():
    assert differences(FULL) == []


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("def main():", "def extra():\n    threading.Thread(target=tell_all).start()\n\n\ndef main():", "Threads"),
        ("target=accept_all", "target=run_console", "Threads"),
        ("ended = threading.Event()", "lost = threading.Event()\nended = threading.Event()", "Events"),
        ("messages = queue.Queue", "more = queue.Queue(3)\nmessages = queue.Queue", "What waits"),
        ("    for line in sys.stdin:\n", "    messages.get()\n    for line in sys.stdin:\n", "not in the drawing"),
        ("                ended.set()\n", "", "in the drawing alone"),
        ("    name = None", "    conn.sendall(b'')\n    name = None", "Not only the sender sends"),
        ("    name = None", "    print(len(outboxes))\n    name = None", "Not only the sender sends"),
        ("maxsize=500", "maxsize=400", "maxsize=500"),
        ("tell_all", "tell_everybody", "tell_all"),
    ],
)
def test_a_program_that_is_otherwise(old, new, word):
    text = FULL.replace(old, new)
    assert text != FULL
    assert any(word in sentence for sentence in differences(text))


def test_it_has_an_alternative_in_words():
    drawing = drawn()
    assert drawing.get("role") == "img"
    assert [drawing.find(f"{SVG}{name}").get("id") for name in ("title", "desc")] == drawing.get(
        "aria-labelledby"
    ).split()
    assert drawing.find(f"{SVG}desc").text.split("\n") == server_described()
    words = " ".join(server_described())
    for name in parts("thread") | parts("store") | parts("event") | parts("socket"):
        assert re.search(rf"\b{name}\b", words), name


def test_nothing_is_wider_than_its_box_or_outside():
    for group in drawn().iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        for text in group.iter(f"{SVG}text"):
            style = text.get("class").split()
            width = len(text.text) * next((WIDE[each] for each in style if each in WIDE), 6.4)
            left = float(text.get("x")) - (0 if "left" in style else width if "right" in style else width / 2)
            room = (0, WIDTH) if box is None else (float(box.get("x")), float(box.get("x")) + float(box.get("width")))
            assert room[0] <= left and left + width <= room[1], text.text
            assert 0 < float(text.get("y")) < HEIGHT


def test_it_is_the_same_each_time():
    assert server_drawing() == server_drawing()
