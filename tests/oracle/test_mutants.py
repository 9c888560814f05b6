"""The mutants themselves: each one's text stands where it says, so that `make mutants` can plant every bug."""

import pytest

from tests.oracle.mutants import MUTANTS
from tests.oracle.planted_bugs import Mutant
from tests.places import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_planted(mutant: Mutant) -> None:
    sound = (ROOT / "projections" / mutant.file).read_text(encoding="utf-8")
    assert sound.replace(mutant.text, mutant.instead, 1) != sound
