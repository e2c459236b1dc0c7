"""The list of the stages: how one is meant, and where its files are."""

from pathlib import Path

import pytest

from parley import stages


@pytest.mark.parametrize("name", ["3", "turns", "3_turns", " 3_Turns ", 3])
def test_a_stage_is_found_by_number_or_name(name):
    assert stages.find(name).name == "3_turns"


@pytest.mark.parametrize("name", ["", "6", "0", "echo1", "_", "1_", "turns/../1_echo"])
def test_another_name_raises_one_sentence_that_says_what_to_type(name):
    with pytest.raises(ValueError) as raised:
        stages.find(name)
    assert str(raised.value) == f"There's no stage {name!r}. Use 1 to 5, or a name such as 1_echo."


def test_where_the_files_are(monkeypatch, tmp_path):
    monkeypatch.setenv("PARLEY_ROOT", str(tmp_path))
    stage = stages.find("echo")
    assert stages.root() == tmp_path.resolve()
    assert stages.solution(stage, "bare", "server") == stages.root() / "solutions" / "1_echo" / "bare" / "server.py"
    assert stages.exercise(stage, "client", Path("there")) == Path("there", "exercises", "1_echo", "client.py")
    with pytest.raises(ValueError, match="no version 'comments'"):
        stages.solution(stage, "comments", "server")
    monkeypatch.setenv("PARLEY_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="isn't a folder"):
        stages.root()
    monkeypatch.delenv("PARLEY_ROOT")
    assert (stages.root() / "parley" / "stages.py").is_file()
