"""Where things lie: the project, what the tests contain, and the shared data sets, which need not be there."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
STORED = DATA / "stored"
SHARED = ROOT.parent / "shared" / "data"
