"""A browser, and the explorer to look at in it.

Chromium comes from the system. Where it is not installed, these tests are skipped and say why; `.ci/run` installs it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ledger import Ledger
from projections import Engine
from tests.api.formats.long_list import served
from tests.ledger.proof.judges import need
from tests.projections.conftest import WORLD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT_MS = 30_000
"""How long something may take on a machine that is busy with other things."""

expect.set_options(timeout=WAIT_MS)

Look = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    need(CHROMIUM is not None, "chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="session")
def address(browser: Browser, shipped: Engine) -> Iterator[str]:
    """Where the shipped ledger is served; nobody may write to it."""
    with served(shipped) as url:
        yield url


@pytest.fixture
def book(browser: Browser) -> Iterator[tuple[str, Ledger]]:
    """A ledger of one's own, and where it is served."""
    with Ledger(":memory:") as ledger:
        ledger.append(WORLD)
        with Engine(ledger) as engine, served(engine) as url:
            yield url, ledger


@pytest.fixture
def look(browser: Browser) -> Look:
    """Opens a page of a context of its own, in which nothing may go wrong unseen."""

    @contextmanager
    def opened(url: str, *, faults: bool = False, **options: Any) -> Iterator[Page]:
        with ExitStack() as stack:
            page = new_page(browser, stack, **options)
            yield stack.enter_context(visited(page, url, faults=faults))

    return opened


@pytest.fixture(scope="module")
def look_again(browser: Browser) -> Iterator[Look]:
    """The same in one page for all addresses, after another: a page of its own costs twice what a screen does."""
    with ExitStack() as stack:
        pages: dict[str, Page] = {}

        def opened(url: str, *, faults: bool = False, **options: Any) -> AbstractContextManager[Page]:
            page = pages.get(repr(options)) or new_page(browser, stack, **options)
            pages[repr(options)] = page
            return visited(page, url, faults=faults)

        yield opened


def new_page(browser: Browser, stack: ExitStack, **options: Any) -> Page:
    """A page of a context of its own, which is closed with the stack."""
    context: BrowserContext = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
    stack.callback(context.close)
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


@contextmanager
def visited(page: Page, url: str, *, faults: bool) -> Iterator[Page]:
    """The page at an address; nothing may go wrong unseen there: no error on the console, no request to elsewhere."""
    wrong: list[str] = []
    home = urlsplit(url).netloc
    listeners: dict[str, Callable[[Any], None]] = {
        "console": lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None,
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda asked: (
            None if urlsplit(asked.url).netloc in (home, "") else wrong.append(f"asks {asked.url}")
        ),
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        page.goto(url)
        drawn(page)
        yield page
        assert faults or wrong == []
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


def drawn(page: Page) -> None:
    """Wait until the screen of the address is drawn, and nothing is asked any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_selector("#screen h1")
    page.wait_for_selector("#screen:not([aria-busy])")
