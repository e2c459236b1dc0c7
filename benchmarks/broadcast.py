"""How fast is the broadcast server of stage 5, beside the usual asyncio server and a C server (Linux).

Run `python benchmarks/broadcast.py`; with --quick it takes a few seconds, on every system (see quick.py). The servers
take turns (A B C A B C), each started afresh for each measurement, after one run that only warms up. `load.c` is the
load, `server_epoll.c` the limit. See README.md.
"""

import argparse
import json
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARLEY = HERE.parent / "solutions" / "5_broadcast" / "full" / "server.py"
ASYNCIO, C = "asyncio streams", "C, epoll"
MAX_CLIENTS = 2000
PORTS = range(20_000, 30_000)
START_LIMIT = 10  # seconds until a server must listen
STOP_LIMIT = 2  # seconds that a server has to end after SIGINT
LOAD_LIMIT = 120  # seconds: every run of the load is over long before
SPEEDS = {"N=10 w=1": (10, 1), "N=100 w=4": (100, 4), "N=1000 w=1": (1000, 1), "N=1000 w=200": (1000, 200)}
OTHERS = ["server", "join, s", "p50, ms", "p99, ms", "one order", "longest pause, s", "pauses", "memory, MB"]
WARM_UP = ["--clients", "100", "--window", "4", "--seconds", "1"]


class Trouble(Exception):
    """Something is wrong with the run; the text is a sentence for the user."""


def scenes(short):
    """Return what is run, as a dictionary: the name of each scene and its options for the load."""
    seconds = "0.8" if short else "1.5"
    loads = {
        name: ["--clients", str(clients), "--window", str(window), "--seconds", seconds]
        for name, (clients, window) in SPEEDS.items()
    }
    return loads | {
        "delay": ["--rate", "1000", "--clients", "100", "--seconds", "1" if short else "3"],
        "order": ["--order", "--clients", "20", "--window", "4", "--seconds", "0.5"],
        "stalled": ["--stalled", "--clients", "20", "--window", "4", "--size", "1000", "--seconds", "4"],
    }


def check_machine():
    """Raise Trouble where the benchmark cannot run; allow this process and its children enough open files."""
    if not sys.platform.startswith("linux"):
        raise Trouble("this benchmark needs Linux: its load uses epoll and reads /proc.")
    if not shutil.which("cc"):
        raise Trouble("this benchmark needs a C compiler named cc (on Debian: apt install gcc libc6-dev).")
    import resource  # not to be had on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < MAX_CLIENTS:
        raise Trouble(f"this benchmark needs {MAX_CLIENTS} open files, the system allows {most}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def compiled(source, folder):
    """Compile a C file into the folder and return the program's path."""
    program = folder / source.stem
    done = subprocess.run(
        ["cc", "-O2", "-o", program, source], capture_output=True, text=True, timeout=LOAD_LIMIT, check=False
    )
    if done.returncode:
        raise Trouble(f"cc could not compile {source}:\n{done.stderr.strip()}")
    return program


def command_for(path, folder):
    """Return the command (a list) that starts the server at this path: Python, C source or a program."""
    path = Path(path).resolve()
    if not path.is_file():
        raise Trouble(f"there is no server at {path}.")
    if path.suffix == ".c":
        return [compiled(path, folder)]
    return [sys.executable, path] if path.suffix == ".py" else [path]


def free_port():
    """Return a port that nobody uses and that the system does not hand out to clients."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="utf-8").split())
    candidates = [port for port in PORTS if not low <= port <= high]
    random.shuffle(candidates)
    for port in candidates[:100]:
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Trouble(f"no free port found from {PORTS.start} to {PORTS.stop - 1} outside of {low} to {high}.")


def is_listening(pid, port):
    """Return whether this process has a socket that listens at the port, as /proc tells."""
    try:
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # one was closed meanwhile, or the process has ended
        return False
    for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
        # local address, state and inode, as the kernel's documentation of proc_net_tcp has them; 0A is LISTEN
        fields = line.split()
        address, state, inode = fields[1], fields[3], fields[9]
        if state == "0A" and address.endswith(f":{port:04X}") and f"socket:[{inode}]" in links:
            return True
    return False


@contextmanager
def running(command):
    """Start a server at a free port, yield (pid, port) once it listens, end it."""
    port = free_port()
    process = subprocess.Popen(
        [*command, "127.0.0.1", str(port), str(MAX_CLIENTS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        limit = time.monotonic() + START_LIMIT
        while not is_listening(process.pid, port):
            if time.monotonic() > limit:
                raise Trouble(f"the server did not listen within {START_LIMIT} s.")
            try:
                status = process.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                continue
            raise Trouble(f"the server ended with status {status} before it listened.")
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=STOP_LIMIT)


def run_scene(command, load, options):
    """Run one scene against a fresh server; return what the load measured, a dictionary, or raise Trouble."""
    with running(command) as (pid, port):
        try:
            done = subprocess.run(
                [load, str(port), *options, "--pid", str(pid)],
                capture_output=True,
                text=True,
                timeout=LOAD_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Trouble(f"the load was not over after {LOAD_LIMIT} s.") from None
    if done.returncode:
        raise Trouble(done.stderr.strip() or f"the load ended with status {done.returncode}.")
    return json.loads(done.stdout)


def measure(servers, load, short, rounds):
    """Run all scenes in turn for all servers.

    Return two dictionaries by (server, scene): the list of what the load measured, and the first trouble.
    """
    results, troubles = {}, {}
    for command in servers.values():
        with suppress(Trouble):  # the same trouble comes back when it is measured
            run_scene(command, load, WARM_UP)
    for number in range(1, rounds + 1):
        for scene, options in scenes(short).items():
            print(f"round {number} of {rounds}: {scene}", file=sys.stderr, flush=True)
            for server, command in servers.items():
                try:
                    result = run_scene(command, load, options)
                except Trouble as trouble:
                    troubles.setdefault((server, scene), str(trouble))
                else:
                    results.setdefault((server, scene), []).append(result)
    return results, troubles


def spread(runs, key, factor=1.0, digits=2):
    """Return `median (min to max)` of one figure of several runs; a dash where a run did not give it."""
    values = [run[key] for run in runs]
    if not values or None in values:
        return "-"
    median, low, high = (f"{f(values) * factor:.{digits}f}" for f in (statistics.median, min, max))
    return median if len(values) == 1 else f"{median} ({low} to {high})"


def ratio(results, server, other, scene):
    """Return how many times more deliveries a server makes than the other one: the median over the rounds."""
    mine = [run["deliveries_per_s"] for run in results.get((server, scene), [])]
    theirs = [run["deliveries_per_s"] for run in results.get((other, scene), [])]
    if not mine or len(mine) != len(theirs) or 0 in theirs:
        return "-"
    return f"{statistics.median(m / t for m, t in zip(mine, theirs, strict=True)):.2f}"


def table(head, rows):
    """Return a table in Markdown with aligned columns."""
    rows = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    lines = (" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"| {line} |" for line in lines)


def other_figures(server, results, troubles):
    """Return the row of a server in the table of joins, delays, order and the stalled reader."""
    joins = results.get((server, "N=1000 w=1"), [])
    delays = results.get((server, "delay"), [])
    stalled = results.get((server, "stalled"), [])
    stopped = any(run["stopped"] for run in stalled)
    in_order = (server, "order") in results and (server, "order") not in troubles
    return [
        server,
        spread(joins, "joined_s"),
        spread(delays, "p50_ms"),
        spread(delays, "p99_ms"),
        "yes" if in_order else "no",
        "for good" if stopped else spread(stalled, "longest_pause_s"),
        spread(stalled, "pauses", digits=0),
        spread(stalled, "memory_growth_mb", digits=0),
    ]


def report(servers, results, troubles, rounds):
    """Return the whole report as text."""
    speeds = [
        [server, *(spread(results.get((server, scene), []), "deliveries_per_s", 1e-6) for scene in SPEEDS)]
        for server in servers
    ]
    ratios = [
        [f"{server} / {other}", *(ratio(results, server, other, scene) for scene in SPEEDS)]
        for server in servers
        for other in (ASYNCIO, C)
        if server not in (ASYNCIO, C)
    ]
    parts = [
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, Linux {platform.release()}. "
        f"Rounds: {rounds}; median (minimum to maximum).",
        "Million deliveries per second:",
        table(["server", *SPEEDS], speeds),
        "Ratios, each within one round; their medians:",
        table(["ratio", *SPEEDS], ratios),
        "1000 participants join; delay at 1000 messages/s to 100 participants; one order for all; a stalled\n"
        "reader beside 20 others: their longest pause, pauses over 0.2 s, growth of the server's memory:",
        table(OTHERS, [other_figures(server, results, troubles) for server in servers]),
    ]
    unchecked = [
        f"{server} at {scene}"
        for (server, scene), runs in results.items()
        if scene in SPEEDS and not all(run["checked"] for run in runs)
    ]
    if unchecked:
        parts.append("Too slow to check that the last lines came: " + "; ".join(unchecked) + ".")
    parts += [f"Failed: {server}, {scene}: {sentence}" for (server, scene), sentence in troubles.items()]
    return "\n\n".join(parts)


def arguments():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few seconds, on every system, without C: see quick.py")
    parser.add_argument("--short", action="store_true", help="short runs, one round: a first impression")
    parser.add_argument("--rounds", type=int, default=0, help="measured rounds (5; with --short 1)")
    more = "measure these servers too: each a .py file, a .c file or a program"
    parser.add_argument("--server", nargs="+", default=[], metavar="PATH", help=more)
    options = parser.parse_args()
    if options.rounds < 0:
        parser.error("--rounds must be at least 1")
    return options


def main():
    """Run the benchmark; return the exit status."""
    options = arguments()
    if options.quick:
        import quick

        return quick.main()
    rounds = options.rounds or (1 if options.short else 5)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("broadcast.py: ended from outside."))
    try:
        check_machine()
        with tempfile.TemporaryDirectory(prefix="broadcast-") as name:
            folder = Path(name)
            load = compiled(HERE / "load.c", folder)
            servers = {"Parley, stage 5, full": command_for(PARLEY, folder)}
            servers |= {path: command_for(path, folder) for path in options.server}
            servers[ASYNCIO] = command_for(HERE / "server_asyncio.py", folder)
            servers[C] = command_for(HERE / "server_epoll.c", folder)
            results, troubles = measure(servers, load, options.short, rounds)
    except Trouble as trouble:
        print(f"broadcast.py: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("broadcast.py: interrupted.", file=sys.stderr)
        return 130
    print(report(servers, results, troubles, rounds))
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
