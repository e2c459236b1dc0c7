"""What the cells of a notebook call: with real programs, in this process and in a real kernel."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest
from helpers import until

from parley import check, diff, draw, mistake, play, predict, show, stages, wire
from parley.harness import reaper
from parley.notebooks.cells import Interrupted, Wrong

SVG = "{http://www.w3.org/2000/svg}"
SECONDS = 120  # bound of everything that is awaited here
SOLUTION = stages.solution(stages.find(1), "full", "server")
HANGS = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
while True:
    time.sleep(1)
"""
CRASHES = "raise ZeroDivisionError('<script>alert(1)</script>')"


@pytest.fixture
def own(project, monkeypatch):
    """A project whose exercises are the student's: a function that writes one, for stage 1."""
    monkeypatch.setenv("PARLEY_ROOT", str(project))

    def write(program, text):
        (project / "exercises" / "1_echo" / f"{program}.py").write_text(text, encoding="utf-8")

    return write


def html(shown):
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == str(shown) == repr(shown)
    assert "http://" not in bundle["text/html"].replace("http://www.w3.org/2000/svg", "")
    return bundle["text/html"]


def test_import_parley_is_light():
    code = "import sys, parley; print(sorted(name for name in sys.modules if name.startswith('parley')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert run.stdout.strip() == "['parley']"


def test_parley_gives_what_cells_call_and_nothing_else():
    assert [called.__module__ for called in (check, play, wire)] == ["parley.notebooks.cells"] * 3
    with pytest.raises(ImportError, match="cannot import name 'cells'"):
        from parley import cells  # noqa: F401


# play


@pytest.mark.parametrize("stage", stages.STAGES, ids=lambda stage: stage.name)
def test_play_shows_a_picture_and_the_same_in_words(stage):
    run = play(stage.number)
    assert run.well and run.story == ""
    page = html(run)
    assert page.count("<svg xmlns") == 1 and "<desc" in page and "<details>" in page
    assert str(run).splitlines() == ["The finished programs ran (full).", *run.record.transcript()]


def test_what_happened_can_be_asked():
    run = play("echo", "bare")
    received = run.happened("server", "receives")
    assert [event.data.decode() for event in received] == ["Hello, is anybody there?", "Grüße aus Zürich"]
    assert len(run.happened()) == len(run.record)
    assert {event.who for event in run.happened(what="types")} == {"client"}


def test_play_with_a_script_of_the_cell():
    def knock(scene):
        anna = scene.person("Anna").connects(scene.server())
        anna.sends("knock").receives("knock")

    run = play(1, script=knock)
    assert run.well and run.happened("Anna", "receives")


def test_an_expectation_that_fails_is_told_and_not_raised():
    def wrong(scene):
        anna = scene.person("Anna").connects(scene.server())
        anna.sends("knock").receives("who is there?")

    run = play(1, script=wrong)
    assert run.well is False
    assert 'Expected: "who is there?' in run.story and 'Received: "knock' in run.story
    assert run.story.strip() in str(run) and "Expected: &quot;who is there?" in html(run)


def test_a_program_that_crashes_is_told_and_its_words_are_harmless(own):
    own("server", CRASHES)
    run = play(1, "mine")
    assert run.well is False and "ZeroDivisionError" in run.story
    assert "<script>" not in html(run) and "&lt;script&gt;" in html(run)


def test_what_is_not_begun_is_told_in_a_sentence(own):
    run = play(1, "mine")
    assert run.well is False
    assert "server.py has no statements yet" in str(run) and "expects" not in str(run)
    assert "<svg" not in html(run)


def test_a_mistake_in_the_script_is_the_cells_own():
    def broken(scene):
        scene.serve()

    with pytest.raises(AttributeError):
        play(1, script=broken)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: play(9), "There's no stage '9'"),
        (lambda: play(1, "best"), "There's no version 'best'. Use full, quiet, bare, mine."),
        (lambda: wire(1, "fire"), "no fault 'fire'"),
        (lambda: wire(1, "stall"), "Stage 1 has no fault"),
        (lambda: check(1, "judge"), "There's no program 'judge' here. Use server or client."),
        (lambda: check(1, test="test_of_mine"), "1_echo has no test 'test_of_mine'."),
        (lambda: draw(4), "draw() takes what play() or wire() returned"),
        (lambda: diff(1, "2/best"), "There's no version 'best'"),
        (lambda: diff(1, 2, "judge"), "There's no program 'judge'"),
        (lambda: show(1, "judge"), "There's no solutions/1_echo/full/judge.py."),
        (lambda: show(1, name="listen"), "solutions/1_echo/full/server.py: it has no function 'listen'"),
        (lambda: mistake(1, "none"), "Stage 1 has no mistake 'none': it has "),
        (lambda: predict("never asked", happened="7"), "There's no prediction 'never asked' yet"),
        (lambda: predict("name"), "predict() needs a question"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_sentence(call, sentence, own):
    with pytest.raises(Wrong) as caught:
        call()
    assert sentence in str(caught.value)
    assert caught.value._render_traceback_() == [str(caught.value)]


# wire, check, draw, diff, show, predict, mistake


def test_wire_says_what_holds_and_what_breaks():
    broken, held = wire(1, "reset", "bare"), wire(1, "reset", "full")
    assert (broken.well, held.well) == (False, True)
    assert str(broken).startswith("breaks: ") and str(held).startswith("holds: ")
    assert "Cause:" in str(broken) and "Cause:" not in str(held)
    assert html(broken).count("<svg xmlns") == html(held).count("<svg xmlns") == 1


def test_wire_without_a_fault_is_the_table():
    table = wire(1)
    rows = {(outcome.name, outcome.version): outcome.held for outcome in table.outcomes}
    assert rows["reset", "bare"] is False and rows["reset", "full"] is True
    assert "reset" in str(table) and "<table" in html(table)


def test_check_of_the_solution():
    report = check(1, "server", version="full")
    assert report.well and report.run is None
    assert report.points == (50, 50)
    assert "50 of 50 points." in str(report) and html(report).count("passed") == len(report.verdicts)


def test_check_of_a_wrong_program_tells_its_story_and_draws_it(own, project):
    own("server", SOLUTION.read_text(encoding="utf-8").replace("conn.sendall(data)", "conn.sendall(data.upper())"))
    report = check(1, "server")
    assert not report.well and 0 < report.points[0] < report.points[1]
    assert "Expected:" in report.run.story and report.run.story in str(report)
    assert html(report).count("<svg xmlns") == 1
    assert report.diagnosis.fault == "changes-bytes"
    for words in (report.diagnosis.sentence, report.diagnosis.question.split()[0], report.diagnosis.read):
        assert words.split()[0] in str(report) and "This explains" in str(report)
    assert report.diagnosis.read in html(report)
    kept = json.loads((project / ".parley" / "progress.json").read_text(encoding="utf-8"))
    assert kept["1_echo"]["lost"] and "earned" not in kept["1_echo"]  # half of the stage was checked


def test_check_of_nothing_is_a_sentence(own):
    report = check(1)
    assert report.points == (0, 100) and report.run is None
    assert "server.py has no statements yet" in str(report) and "<table>" not in html(report)


def test_one_test_alone(own):
    own("server", SOLUTION.read_text(encoding="utf-8"))
    report = check(1, "server", test="test_what_is_sent_comes_back")
    assert [verdict.outcome for verdict in report.verdicts] == ["passed"]


def test_draw_with_the_logs_of_threads():
    run = play(5)
    with_logs, without = draw(run, logs=True), draw(run)
    assert "MainThread" in str(with_logs) and "MainThread" not in str(without)
    assert ET.fromstring(with_logs.svg).get("role") == "img"
    assert str(without) == without.alternative and without.svg in html(without)


def test_draw_5_is_the_whole_server():
    drawing = draw(5)
    svg = ET.fromstring(drawing.svg)
    title, described = (svg.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    assert (svg.get("role"), str(drawing)) == ("img", f"{title}\n{described}")


def test_what_the_drawing_of_the_server_shows_stands_in_the_server():
    server = stages.solution(stages.find(5), "full", "server").read_text(encoding="utf-8")
    svg = ET.fromstring(draw(5).svg)
    codes = [text.text for text in svg.iter(f"{SVG}text") if "code" in text.get("class").split()]
    assert len(codes) > 20 and [code for code in codes if code not in server] == []
    words = svg.findtext(f"{SVG}desc")
    shown = {part.get("data-name") for part in svg.iter(f"{SVG}g") if part.get("data-kind") not in (None, "outside")}
    assert {"send_all", "accept_all", "messages", "ended"} <= shown
    assert [name for name in shown if name not in server or not re.search(rf"\b{name}\b", words)] == []


def test_diff_shows_what_goes_and_what_comes():
    changed = diff("1/full", "1/bare")
    assert "-import logging" in changed.lines
    assert '<span class="out">-import logging</span>' in html(changed)
    assert str(diff("1/full", "1/full")) == "They are the same."
    assert any(line.startswith("+") for line in diff(3, 4, "client").lines)


def test_show_a_function_with_its_numbers():
    code = show(1, "server", "bare", "serve")
    lines = stages.solution(stages.find(1), "bare", "server").read_text(encoding="utf-8").splitlines()
    assert lines[code.first - 1].startswith("def serve(") and code.source.splitlines()[-1] in lines
    assert f"{code.first}  def serve" in str(code)
    assert str(show(1)).count("\n") == len(SOLUTION.read_text(encoding="utf-8").splitlines())
    assert 'class="number"' in html(code)


def test_show_the_comments_of_a_function_that_is_not_begun(own):
    assert show(1, "server", "mine", "serve").source.rstrip().splitlines()[-1].strip().startswith("#")


def test_a_prediction_is_asked_for_kept_and_shown(own, monkeypatch):
    monkeypatch.delenv("PARLEY_BOOK", raising=False)
    asked = predict("pieces", "How many pieces arrive?")
    assert "Write your prediction" in str(asked)
    hidden = predict("pieces", happened="three pieces")
    assert "three pieces" not in str(hidden) + html(hidden)
    assert "Your prediction is saved." in str(predict("pieces", "How many pieces arrive?", mine="just <one>"))
    shown = predict("pieces", happened=3)
    assert "Your prediction: just <one>" in str(shown) and "What happened: 3" in str(shown)
    assert "just &lt;one&gt;" in html(shown)
    again = predict("pieces", "How many pieces arrive?", mine="")
    assert "just <one>" in str(again)  # an empty one does not take the kept one away


def test_in_the_book_the_answer_is_folded(own, monkeypatch):
    monkeypatch.setenv("PARLEY_BOOK", "1")
    predict("pieces", "How many pieces arrive?")
    page = html(predict("pieces", happened="three pieces"))
    assert "<details><summary>What happened</summary>" in page and "<details open" not in page


def test_predictions_of_several_notebooks_at_once_are_all_kept(project, monkeypatch):
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    code = "import sys; from parley import predict; [predict(f'{sys.argv[1]} {n}', 'How?', 'so') for n in range(40)]"
    notebooks = [subprocess.Popen([sys.executable, "-c", code, str(number)]) for number in range(3)]
    assert [notebook.wait(SECONDS) for notebook in notebooks] == [0, 0, 0]
    kept = json.loads((project / ".parley" / "predictions.json").read_text(encoding="utf-8"))
    assert len(kept) == 120


def test_predictions_that_cannot_be_read_count_as_none(own, project):
    (project / ".parley").mkdir()
    (project / ".parley" / "predictions.json").write_text("[", encoding="utf-8")
    predict("pieces", "How many?", mine="two")
    assert "two" in str(predict("pieces", happened="three"))


def test_a_mistake_with_its_diff_and_its_run():
    found = mistake(1, "reset-uncaught")
    assert found.belief in str(found) and found.run.well is False
    assert any(line.startswith("-") for line in found.diff.lines)
    assert "Hint:" in str(found) and "<svg" in html(found)
    alone = mistake(1, "reset-uncaught", run=False)
    assert found.belief not in str(alone) and "<svg" not in html(alone)


def test_a_mistake_that_this_python_does_not_show_says_so():
    found = mistake(4, "daemon-in-input")
    assert found.belief in str(found) and found.diff.text() in str(found)
    seen = "Fatal Python error" in str(found) and "<svg" in html(found)
    said = f"This is Python {sys.version_info[0]}.{sys.version_info[1]}" in str(found) and "in peace" in html(found)
    assert (seen, said) == ((True, False) if sys.version_info < (3, 14) else (False, True))


# Interrupt, and the end of the kernel


@pytest.fixture
def kernel(project):
    """A real kernel with the project's own kernel specification, in the project's notebooks folder."""
    manager_of = pytest.importorskip("jupyter_client.manager", reason="needs the extra notebooks")
    from jupyter_client.kernelspec import KernelSpecManager

    from parley.notebooks import book, lab

    (project / "notebooks").mkdir()
    specs = KernelSpecManager(kernel_dirs=[str(lab.folder() / "kernels")])
    with book.kernel_config() as config:
        manager = manager_of.KernelManager(kernel_name="python3", kernel_spec_manager=specs, config=config)
        manager.start_kernel(cwd=str(project / "notebooks"), env={**os.environ, "PARLEY_ROOT": str(project)})
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=SECONDS)
        yield manager, client
        client.stop_channels()
        with contextlib.suppress(RuntimeError):
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def programs(project):
    """The processes of programs that cells in this project have started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            runs = any(Path(word).name in ("server.py", "client.py") for word in process.cmdline())
            if runs and process.environ().get("PARLEY_ROOT") == str(project):
                found.append(process)
    return found


def begin(kernel, project, cell):
    """Have the kernel run a cell that does not end soon, and wait until a program of the student runs; its folders."""
    _, client = kernel
    message = client.execute(cell, stop_on_error=False)  # what is asked right behind it is not put aside
    processes = until(lambda: programs(project), "a program in exercises")
    until(lambda: all(process.status() == psutil.STATUS_SLEEPING for process in processes), "programs that hang")
    return message, [process.cwd() for process in processes]


def answer(client, message):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        reply = client.get_shell_msg(timeout=SECONDS)
        if reply["parent_header"].get("msg_id") == message:
            return reply["content"]
    raise AssertionError("the kernel has not answered")


CELLS = {
    "play": "from parley import play\nplay(1, 'mine')",
    "check": "from parley import check\ncheck(1)",
    "wire": "from parley import wire\nwire(1, 'split', 'mine')",
    "script": """
from parley import play
def visit(scene):
    scene.server(listens=False).ends(within=60)
play(1, "mine", visit)
""",
}


def test_a_check_in_a_notebook_shows_its_rows_as_they_come(kernel, own):
    own("server", SOLUTION.read_text(encoding="utf-8"))
    _, client = kernel
    shown = []
    client.execute_interactive(
        "from parley import check\nreport = check(1, 'server')", timeout=SECONDS, output_hook=shown.append
    )
    updates = [message["content"] for message in shown if message["msg_type"] == "update_display_data"]
    tables = [update["data"]["text/html"] for update in updates]
    rows = [table.count("<tr>") - 1 for table in tables]
    assert rows[:-1] == list(range(1, len(rows))) and len(rows) > 10
    assert tables[-1] == ""  # the cell shows the whole table as its result


on_unix = pytest.mark.skipif(os.name == "nt", reason="a kernel on Windows has no signals")


@on_unix
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_interrupt_ends_the_programs_and_the_kernel_goes_on(cell, kernel, own, project):
    own("server", HANGS)
    manager, client = kernel
    message, folders = begin(kernel, project, cell)
    manager.interrupt_kernel()
    reply = answer(client, message)
    assert (reply["status"], reply["ename"]) == ("error", "Interrupted")
    assert reply["traceback"] == ["Interrupted. The programs of this cell were ended."]
    assert programs(project) == []
    assert not any(os.path.exists(folder) for folder in folders)
    assert answer(client, client.execute("1 + 1"))["status"] == "ok"


@on_unix
@pytest.mark.parametrize("how", ["restart", "kill", "terminate"])
def test_nothing_is_left_when_the_kernel_ends(how, kernel, own, project):
    own("server", HANGS)
    manager, _ = kernel
    _, folders = begin(kernel, project, CELLS["script"])
    if how == "restart":
        manager.restart_kernel(now=True)
    elif how == "kill":
        psutil.Process(manager.provisioner.pid).kill()
    else:
        psutil.Process(manager.provisioner.pid).terminate()
        manager.shutdown_kernel(now=True)
    until(lambda: not programs(project), "the end of all programs")
    until(lambda: not any(os.path.exists(folder) for folder in folders), "the end of their folders")
    reapers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "parley.harness.reaper" in (process.info["cmdline"] or [])
    ]
    until(lambda: not any(map(_is_an_orphan, reapers)), "the end of the reaper")


def _is_an_orphan(process):
    with contextlib.suppress(psutil.Error):
        return process.ppid() == 1 and process.status() != psutil.STATUS_ZOMBIE
    return False


def test_interrupted_in_this_process(monkeypatch):
    def interrupted(scene):
        scene.server()
        raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        play(1, script=interrupted)


def test_the_reaper_ends_only_what_has_its_mark(tmp_path):
    mark = "a mark of this test"
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    marked = subprocess.Popen(command, env={**os.environ, reaper.MARK: mark}, cwd=tmp_path)
    other = subprocess.Popen(command, env={**os.environ, reaper.MARK: "another"}, cwd=tmp_path)
    try:
        until(lambda: len(reaper._marked(mark)) == 1, "a program with the mark")
        reaper.end_marked(mark)
        marked.wait(SECONDS)
        assert other.poll() is None
        assert tmp_path.is_dir()  # it is not a folder that was made for a program
    finally:
        for process in (marked, other):
            process.kill()
            process.wait(SECONDS)
