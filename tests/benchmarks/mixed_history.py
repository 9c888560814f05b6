"""A made-up log as a desk keeps it: 98.5 % statements, 1 % corrections and 0.5 % retractions of statements before.

What is corrected or retracted may lie anywhere before, since a mistake may be found after years.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.benchmarks import history

CORRECTIONS, RETRACTIONS = 0.01, 0.005
SEED = 7


def lines(size: int) -> Iterator[str]:
    """The registrations that everything else needs, then `size` events, each as a line of JSON."""
    yield from history.preface(size)
    chance = random.Random(SEED)
    below = chance.randrange
    figures = history.subjects(size) * history.FIGURES_PER_SUBJECT
    standing: list[str] = []
    for number in range(size):
        event_id = f"{number >> 16:08x}-{number & 0xFFFF:04x}-7000-8000-{SEED:012x}"
        kind = chance.random()
        if kind < CORRECTIONS and standing:
            yield (
                f'{{"type":"EventCorrected","event_id":"{event_id}","target":"{standing[below(len(standing))]}",'
                f'"changes":{{"value":"{below(10**6)}"}},"reason":"transcription","explanation":"A digit misread."}}'
            )
        elif kind < CORRECTIONS + RETRACTIONS and standing:
            place = below(len(standing))
            standing[place], target = standing[-1], standing[place]
            standing.pop()
            yield (
                f'{{"type":"EventRetracted","event_id":"{event_id}","target":"{target}","reason":"duplicate",'
                f'"explanation":"Entered twice."}}'
            )
        else:
            standing.append(event_id)
            day = (history.FIRST_DAY + timedelta(days=number * history.DAYS // size)).isoformat()
            yield _statement(event_id, below(figures), below(len(history.PUBLISHERS)), day, below(10**7))


def count(size: int) -> int:
    """How many lines that are."""
    return size + sum(1 for _ in history.preface(size))


def write(directory: Path, size: int, files: int) -> list[Path]:
    """The log in so many files of JSON Lines, in order."""
    in_each = -(-count(size) // files)
    paths = [directory / f"mixed-{number:02}.jsonl" for number in range(files)]
    made = lines(size)
    for path in paths:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for _, line in zip(range(in_each), made, strict=False))
    return paths


def _statement(event_id: str, figure: int, publisher: int, day: str, tenths: int) -> str:
    event_type, _, unit = history.METRICS[figure % 5]
    return (
        f'{{"type":"{event_type}","event_id":"{event_id}",'
        f'"subject":"{history.subject(figure // history.FIGURES_PER_SUBJECT)}",'
        f'"material":"{history.MATERIALS[figure // 5 % 5]}","period":"{history.PERIODS[figure // 25 % 2]}",'
        f'"value":"{tenths // 10}.{tenths % 10}","unit":"{unit}","published_at":"{day}",'
        f'"source":{{"publisher":"{history.PUBLISHERS[publisher]}","title":"Yearbook {day[:4]}",'
        f'"edition":"{day[:4]}","locator":"table {figure % 5}"}}}}'
    )
