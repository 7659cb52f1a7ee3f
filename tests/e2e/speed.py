"""How fast the machine is just now, so that a promise in milliseconds means the same everywhere.

A promise holds for a certain device: a desk's computer, or a phone four times slower. Where tests
run, the processor may be slower than that desk's, or somebody else may be busy on it; what took
longer for that alone is no fault of the page.
"""

from typing import Final

from playwright.async_api import Page

# What a desk's computer takes for the work below, in milliseconds.
_DESK_MS: Final = 25.0


async def slowness(page: Page, device: int = 1) -> float:
    """How many times longer than the device the page takes now for the same work, at least 1.0.

    The device is so many times slower than a desk's computer.
    """
    took: list[float] = sorted([await page.evaluate(_WORK) for _ in range(3)])
    return max(1.0, took[1] / (_DESK_MS * device))


# Milliseconds for what a page does all day: objects made, sorted and written out.
_WORK: Final = """() => {
  const began = performance.now();
  let written = 0;
  for (let round = 0; round < 30; round += 1) {
    const rows = Array.from({ length: 2000 }, (_, n) => ({ key: `${(n * 7919) % 2003}`, n }));
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    written += JSON.stringify(rows).length;
  }
  return written > 0 ? performance.now() - began : 0;
}"""
