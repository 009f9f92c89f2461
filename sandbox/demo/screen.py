"""What a person sees: what is starting, the day as it happens, the closing table and where to look further.

On a terminal the tables live; elsewhere the same comes as plain lines.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.demo.steps import Step


@dataclass(frozen=True, slots=True)
class Done:
    """A step and how long the other side took; None: it never showed what it should."""

    step: Step
    took_seconds: float | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise and what was measured."""

    text: str
    measured: str
    is_kept: bool


class Screen:
    """One person's terminal."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=False)
        self._done: list[Done] = []

    @contextmanager
    def starting(self) -> Iterator[Progress]:
        """Bars of what is starting."""
        columns = (SpinnerColumn(), TextColumn("{task.fields[name]:<14}"), BarColumn(bar_width=24),
                   TextColumn("{task.fields[doing]}"), TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:
            yield progress

    @contextmanager
    def day(self) -> Iterator[Live]:
        """The day's table, living."""
        with Live(self._table(None), console=self.console, refresh_per_second=4, transient=True) as live:
            yield live
        if self.console.is_terminal:
            self.console.print(self._table(None))

    def begins(self, live: Live, step: Step) -> None:
        """Somebody does something."""
        if self.console.is_terminal:
            live.update(self._table(step))

    def ends(self, live: Live, done: Done) -> None:
        """The other side shows it, or does not."""
        self._done.append(done)
        if self.console.is_terminal:
            live.update(self._table(None))
        else:
            self.console.print(f"{_mark(done)} {done.step.where}: {done.step.who} {done.step.does} → "
                               f"{done.step.then} ({_took(done)}){' ' + done.error if done.error else ''}")  # fmt: skip

    def closing(self, promises: Sequence[Promise], differences: Sequence[str]) -> None:
        """Promise → measured."""
        table = Table(title="Promise → measured", title_justify="left")
        table.add_column("promise")
        table.add_column("measured")
        table.add_column("kept", justify="center")
        for promise in promises:
            table.add_row(promise.text, promise.measured, "[green]✓" if promise.is_kept else "[red]✗")
        self.console.print(table)
        for difference in differences[:20]:
            self.console.print(f"[red]differs:[/] {difference}")

    def addresses(self, rows: Sequence[tuple[str, str]]) -> None:
        """Where to look further."""
        table = Table(title="Open until Ctrl-C", title_justify="left", show_header=False)
        for name, address in rows:
            table.add_row(name, address)
        self.console.print(table)

    def your_turn(self, address: str) -> None:
        """Something waits for the person at the keyboard."""
        self.console.print(
            f"[bold yellow]Your turn:[/] both sides changed one comment. Say which is right at {address}",
            soft_wrap=True,
        )

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text)

    def _table(self, current: Step | None) -> Table:
        table = Table(title="A day in the shop and the warehouse", title_justify="left", expand=True)
        for name, ratio in (("where", 2), ("who and what", 6), ("what the other side then shows", 6)):
            table.add_column(name, ratio=ratio)
        table.add_column("after", justify="right")
        for done in self._done:
            table.add_row(
                done.step.where, f"{done.step.who} {done.step.does}", done.step.then, f"{_mark(done)} {_took(done)}"
            )
        if current is not None:
            table.add_row(current.where, f"[bold]{current.who} {current.does}", f"[dim]{current.then} …", "[yellow]…")
        return table


def _mark(done: Done) -> str:
    return "[green]✓[/]" if done.took_seconds is not None else "[red]✗[/]"


def _took(done: Done) -> str:
    return f"{done.took_seconds:.1f} s" if done.took_seconds is not None else "never"


def pause_until_interrupted() -> None:
    """Wait for Ctrl-C."""
    while True:
        time.sleep(3600)
