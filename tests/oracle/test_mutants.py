"""The mutants themselves: each one's text stands where it says, so that `make mutants` can plant every bug."""

from pathlib import Path

from tests.oracle.mutant_trials import CLOSEST, failing_test, stages_of, together
from tests.oracle.mutants import MUTANTS
from tests.oracle.planted_bugs import Mutant, Stage
from tests.places import ROOT


def test_every_mutant_can_be_planted() -> None:
    def stays_as_it_is(mutant: Mutant) -> bool:
        sound = (ROOT / "projections" / mutant.file).read_text(encoding="utf-8")
        return sound.replace(mutant.text, mutant.instead, 1) == sound

    assert len(MUTANTS) > 100
    assert [mutant.name for mutant in MUTANTS if stays_as_it_is(mutant)] == []


def test_the_tests_that_are_to_find_them_are_there() -> None:
    named = {test for mutant in MUTANTS for stage in stages_of(mutant) for test in stage.tests}
    assert [test for test in sorted(named) if not (ROOT / test).exists()] == []
    assert [name for name in CLOSEST if not any(mutant.file.startswith(name) for mutant in MUTANTS)] == []


def test_stages_are_tried_together_and_no_test_twice() -> None:
    stages = [Stage(("a/b.py", "c"), 2), Stage(("a/",), 2), Stage(("c",), 3)]
    assert together(stages) == [Stage(("a/", "c"), 2), Stage(("c",), 3)]


def test_a_try_tells_the_first_test_that_fails_in_the_copy(tmp_path: Path) -> None:
    """The copy's own project is what its tests see, and not the one that they are tried from."""
    (tmp_path / "projections").mkdir()
    (tmp_path / "projections" / "__init__.py").write_text("ANSWER = 42\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    one = "from projections import ANSWER\n\n\ndef test_one() -> None:\n    assert ANSWER == "
    (tmp_path / "test_right.py").write_text(f"{one}42\n")
    (tmp_path / "test_wrong.py").write_text(f"{one}43\n")
    assert failing_test(tmp_path, Stage(("test_right.py",))) is None
    assert failing_test(tmp_path, Stage(("test_right.py", "test_wrong.py"))) == "test_wrong.py::test_one"
