"""How long the explorer takes to show something, measured in a browser: `python -m tests.benchmarks.explorer URL`.

For each screen: from the request for the page until it is drawn, and from a key on the time bar until the screen is
drawn anew, over many steps; and the memory of the page before and after. The server is one that is running already.
"""

import argparse
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

SCREENS = ("/", "/figures", "/log", "/compare", "/timeline")
STEPS = 200
WAIT_MS = 60_000
_DRAWN = """() => new Promise((resolve) => {
  const screen = document.getElementById("screen");
  const began = performance.now();
  const seen = new MutationObserver(() => {
    seen.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  seen.observe(screen, { childList: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
})"""
"""One step back by a key; resolves with the milliseconds until the screen was drawn anew."""
_FIRST = """() => new Promise((resolve) => {
  const look = () => document.querySelector("#screen h1")
    ? requestAnimationFrame(() => resolve(performance.now())) : setTimeout(look, 5);
  look();
})"""


@contextmanager
def page() -> Iterator[Page]:
    """A page of Chromium."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--enable-precise-memory-info"]
        )
        made = browser.new_page()
        made.set_default_timeout(WAIT_MS)
        yield made
        browser.close()


def measured(shown: Page, url: str, steps: int) -> str:
    """One line of what a screen took."""
    shown.goto(url)
    first = shown.evaluate(_FIRST)
    shown.wait_for_load_state("networkidle")
    heap = "performance.memory.usedJSHeapSize"
    before = shown.evaluate(heap)
    took = sorted(shown.evaluate(_DRAWN) for _ in range(steps))
    shown.wait_for_load_state("networkidle")
    after = shown.evaluate(heap)
    late = took[int(len(took) * 0.95)]
    return (
        f"first {first:6.0f} ms   step {statistics.median(took):5.0f} ms, 95 % within {late:5.0f} ms   "
        f"memory {before / 1e6:.1f} to {after / 1e6:.1f} MB"
    )


def main() -> None:
    """Measure every screen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args()
    with page() as shown:
        for path in SCREENS:
            print(f"{path:12}", measured(shown, asked.url.rstrip("/") + path, asked.steps), flush=True)


if __name__ == "__main__":
    main()
