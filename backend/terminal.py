"""Progress for people at a terminal, and silence for everybody else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

# Called with what is done and the total, if that is known, as often as one likes.
Report = Callable[[int, int | None], None]


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """A bar on standard error while the block runs."""
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(label, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
