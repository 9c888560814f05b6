"""A made-up log of any size, the same for the same size and seed.

Of its events, 1 % are corrections of what came not long before, 0.5 % withdrawals, 1 % are about policies and
agreements, the rest are statements: about five for each figure, by several publishers, 3 % of them found late, some
with only a month or a year printed. Every subject has some fifty figures, so a log that is larger is about more
subjects, and the same question of one subject has as many answers in it.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

STATEMENTS_PER_FIGURE = 5
FIGURES_PER_SUBJECT = 50
PUBLISHERS = [f"publisher-{number:02}" for number in range(20)]
MATERIALS = [f"material-{number:02}" for number in range(5)]
METRICS = (
    ("ProductionReported", "production", "t"),
    ("ReservesReported", "reserves", "kt"),
    ("PriceReported", "price", "USD/kg"),
    ("SalesReported", "sales", "million USD"),
    ("CapacityReported", "capacity", "t/yr"),
)
PERIODS = ("2022", "2023")
FIRST_DAY = date(2006, 1, 1)
DAYS = 20 * 365
FIRST_YEAR, LAST_YEAR = 2006, 2025
RECENT = 5_000


def subjects(size: int) -> int:
    """How many subjects a log of this size is about."""
    return max(1, size // (STATEMENTS_PER_FIGURE * FIGURES_PER_SUBJECT))


def subject(number: int) -> str:
    """The slug of a subject."""
    return f"place-{number:06}"


def preface(size: int) -> Iterator[str]:
    """The registrations that everything else needs, each as a line of JSON."""
    for slug, kind in (
        *((slug, "organisation") for slug in PUBLISHERS),
        *((slug, "material") for slug in MATERIALS),
        *((subject(number), "country") for number in range(subjects(size))),
    ):
        name = slug.replace("-", " ").title()
        yield f'{{"type":"EntityRegistered","entity":"{slug}","kind":"{kind}","name":"{name}"}}'


def lines(size: int, *, seed: int = 1) -> Iterator[str]:
    """The log as lines of JSON: the preface, then `size` events."""
    yield from preface(size)
    chance = random.Random(seed)
    draw, below = chance.random, chance.randrange
    figures = subjects(size) * FIGURES_PER_SUBJECT
    window = max(10, figures // 4)
    days = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(DAYS + 1)]
    recent: list[str] = []
    things = 0
    for number in range(size):
        event_id = f"{number >> 16:08x}-{number & 0xFFFF:04x}-7000-8000-{seed:012x}"
        day = days[number * DAYS // size]
        kind = draw()
        if kind < 0.01 and recent:
            target = recent[below(len(recent))]
            yield (
                f'{{"type":"EventCorrected","event_id":"{event_id}","target":"{target}",'
                f'"changes":{{"value":"{below(10**6)}"}},"reason":"transcription","explanation":"A digit misread."}}'
            )
            continue
        if kind < 0.02:
            things += 1
            yield _thing(things, event_id, day, subject(below(subjects(size))), draw())
            continue
        newest = min(figures, number * figures // size + 1)
        figure = min(figures - 1, max(0, newest - window) + below(min(window, newest) or 1))
        event_type, metric, unit = METRICS[figure % 5]
        lot = draw()
        published = day
        if lot < 0.03:
            published = days[max(0, number * DAYS // size - below(3 * 365))]
        elif lot < 0.08:
            published = day[:7]
        elif lot < 0.10:
            published = day[:4]
        publisher = PUBLISHERS[figure % 20 if draw() < 0.8 else below(20)]
        withdrawn = kind < 0.025
        said = "" if withdrawn else f'"value":"{below(10**6)}.{below(10)}",'
        if withdrawn:
            said, event_type = f'"metric":"{metric}",', "FigureWithdrawn"
        elif kind < 0.035:
            said = '"symbol":"withheld",'
        yield (
            f'{{"type":"{event_type}","event_id":"{event_id}","subject":"{subject(figure // FIGURES_PER_SUBJECT)}",'
            f'"material":"{MATERIALS[figure // 5 % 5]}","period":"{PERIODS[figure // 25 % 2]}",{said}"unit":"{unit}",'
            f'"published_at":"{published}","source":{{"publisher":"{publisher}","title":"Yearbook {day[:4]}",'
            f'"edition":"{day[:4]}","locator":"table {figure % 5}"}}}}'
        )
        if not withdrawn and kind >= 0.035:
            if len(recent) < RECENT:
                recent.append(event_id)
            else:
                recent[below(RECENT)] = event_id


def _thing(number: int, event_id: str, day: str, about: str, lot: float) -> str:
    beginning = f'"event_id":"{event_id}","published_at":"{day}","source":{{"publisher":"{PUBLISHERS[number % 20]}"}}'
    if lot < 0.4:
        return (
            f'{{"type":"PolicyEnacted",{beginning},"policy":"policy-{number}","jurisdiction":"{about}",'
            f'"kind":"export_control","effective_from":"{day}"}}'
        )
    if lot < 0.5:
        return (
            f'{{"type":"PolicyAnnounced",{beginning},"policy":"policy-{number}","jurisdiction":"{about}",'
            f'"kind":"quota_system"}}'
        )
    return (
        f'{{"type":"{"MoUSigned" if lot < 0.75 else "AgreementSigned"}",{beginning},"agreement":"agreement-{number}",'
        f'"parties":[{{"entity":"{about}"}},{{"entity":"{PUBLISHERS[number % 20]}"}}],"effective_from":"{day}"}}'
    )


def write(path: Path, size: int, *, seed: int = 1) -> Path:
    """The log as a file of JSON Lines, made where it is absent."""
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines(size, seed=seed))
        partial.rename(path)
    return path
