"""The mutants themselves: each one's text stands where it says, so that `make mutants` can plant every bug."""

from tests.oracle.mutants import MUTANTS
from tests.oracle.planted_bugs import Mutant
from tests.places import ROOT


def test_every_mutant_can_be_planted() -> None:
    def stays_as_it_is(mutant: Mutant) -> bool:
        sound = (ROOT / "projections" / mutant.file).read_text(encoding="utf-8")
        return sound.replace(mutant.text, mutant.instead, 1) == sound

    assert len(MUTANTS) > 100
    assert [mutant.name for mutant in MUTANTS if stays_as_it_is(mutant)] == []
