"""What pyproject.toml cannot say: the wheel carries the workbook, in parley/workbook/; the sdist has it as it is."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
WORKBOOK = Path("parley", "workbook")
# folders and files of the project, as `parley init` lays them out; the last two are for the editions that are released
CARRIED = (
    *("lessons", "notebooks", "exercises", "solutions", "tests", "docs", "benchmarks/README.md"),
    *(
        f"benchmarks/{name}.py"
        for name in ("broadcast", "quick", "server_threads", "server_selectors", "server_asyncio")
    ),
    *("PROTOCOLS.md", "LICENSE", "start.py", "pyproject.toml"),
)
LEFT_OUT = ("__pycache__", "kept-")  # parts of a path that begin so
PROOFS = ("tests/parley/", "tests/gold/", "tests/variants/")  # of the tool and the suites: nobody needs them there
SAMPLE_CLASS = "tests/parley/class/"  # of the tests of the tool, the tour grades this


def carried():
    """The files of the workbook: paths from the project's folder, with slashes, in order."""
    found = []
    for name in CARRIED:
        place = ROOT / name
        found += [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
    names = [path.relative_to(ROOT) for path in found if path.exists()]
    wanted = [name.as_posix() for name in names if not any(part.startswith((".", *LEFT_OUT)) for part in name.parts)]
    return sorted(name for name in wanted if name.startswith(SAMPLE_CLASS) or not name.startswith(PROOFS))


class BuildWithWorkbook(build_py):
    """Copies the workbook into the package, except for an editable installation, which finds it beside the package."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for name in carried():
                target = Path(self.build_lib, WORKBOOK, name)
                self.mkpath(str(target.parent))
                self.copy_file(str(ROOT / name), str(target))

    def get_source_files(self):
        return super().get_source_files() + carried()

    def get_outputs(self, include_bytecode=True):
        own = [] if self.editable_mode else [str(Path(self.build_lib, WORKBOOK, name)) for name in carried()]
        return super().get_outputs(include_bytecode) + own


setup(cmdclass={"build_py": BuildWithWorkbook})
