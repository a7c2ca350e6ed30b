"""``make demo``: the platform on this machine, and what it does for one viewer."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from local.platform import Platform
from local.world import only_one, world_of
from scripts.operators import tables
from scripts.operators.api import Api
from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.errors import OperatorError, explained
from scripts.operators.titles import open_dataset
from scripts.operators.tokens import access_token

TOP = 10
PATIENCE_SECONDS = 10.0

console = Console(highlight=False)


@explained
def demo(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="The one address.")] = 8080,
    data: Annotated[
        Path | None,
        typer.Option(help="A folder in MovieLens format, instead of the generated catalogue."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the printout.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last run's state.")] = False,
) -> None:
    """Run the whole platform on this machine, with no AWS account."""
    # Also where a shell started it in the background, with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)
    with only_one():
        began = time.monotonic()
        dataset = open_dataset(data)
        world = world_of(dataset)
        if fresh:
            world.forget()
        platform = Platform(world, dataset, port=port, steps=_step)
        try:
            running = platform.start()
            _say_unsupported(platform)
            _show(running, began)
            _say_films(platform)
            if not once:
                console.print("[dim]Ctrl-C ends it.[/dim]")
                signal.pause()
        except KeyboardInterrupt:
            console.print("\nended by Ctrl-C")
            raise typer.Exit(130) from None
        finally:
            with _step("stopping: state saved, nothing left running"):
                platform.stop()


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def _step(name: str) -> Iterator[Callable[[str], None]]:
    began = time.monotonic()
    with console.status(name) as status:
        yield lambda detail: status.update(f"{name} [dim]{detail}[/dim]")
    console.print(f"[green]✓[/green] {name} [dim]{time.monotonic() - began:.1f} s[/dim]")


def _say_unsupported(platform: Platform) -> None:
    recorded = platform.emulator.unsupported()
    if not recorded:
        return
    kinds = sorted({item["type"].removeprefix("AWS::") for item in recorded})
    console.print(
        f"[yellow]![/yellow] {len(recorded)} resources are recorded only, the emulator cannot "
        f"run them [dim](docs/local.md)[/dim]: {', '.join(kinds)}"
    )


def _say_films(platform: Platform) -> None:
    films = platform.films
    if films is None:
        return
    if films.trouble:
        console.print(f"[yellow]![/yellow] {films.trouble}")
    waiting = [title.name for title in films.missing()]
    if waiting:
        console.print(
            f"[bold]films[/bold] {', '.join(waiting)} [dim]are being packaged; they play in some "
            "minutes[/dim]"
        )


def _show(running: LocalPlatform, began: float) -> None:
    entry = running.accounts[0]
    deployment = Deployment("local", endpoint=running.endpoint)
    token = access_token(deployment, entry["username"], entry["password"])
    api = Api(running.url, token)
    path = f"/v1/profiles/{entry['profile_id']}"
    before = api.get(f"{path}/recommendations", limit=TOP)
    console.print()
    console.print(tables.recommendations(f"{entry['label']} is recommended", before["items"]))
    watched = before["items"][0]
    after, seconds = _watch(api, path, before, watched)
    heading = f"…and {seconds:.1f} s after {entry['label']} watched {watched['name']} to its end"
    console.print(tables.recommendations(heading, after["items"], marks=_changes(before, after)))
    console.print(f"\n[bold]page[/bold]  {running.url}/   [dim]sign in as any demo viewer[/dim]")
    console.print(f"[bold]api[/bold]   {running.url}/v1   [dim]scripts/marquee token[/dim]")
    console.print(f"[dim]everything above took {time.monotonic() - began:.0f} s[/dim]")


def _watch(
    api: Api, path: str, before: dict[str, Any], watched: dict[str, Any]
) -> tuple[dict[str, Any], float]:
    """Sends the event, then asks until the answer reflects it; the answer and the seconds."""
    event = {
        "event_id": uuid.uuid4().hex,
        "type": "complete",
        "title_id": watched["title_id"],
        "occurred_at": time.time(),
    }
    began = time.monotonic()
    api.send(path, [event])
    while time.monotonic() - began < PATIENCE_SECONDS:
        after: dict[str, Any] = api.get(f"{path}/recommendations", limit=TOP)
        ids = [item["title_id"] for item in after["items"]]
        if watched["title_id"] not in ids:
            return after, time.monotonic() - began
        time.sleep(0.1)
    raise OperatorError(
        f"{watched['name']} is still recommended {PATIENCE_SECONDS:.0f} s after it was watched",
        next_step="scripts/marquee status   shows the records that were kept for inspection",
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, str]:
    """A mark for each title that came in or moved."""
    rank = {item["title_id"]: place for place, item in enumerate(before["items"])}
    marks = {}
    for place, item in enumerate(after["items"]):
        old = rank.get(item["title_id"])
        if old is None:
            marks[item["title_id"]] = "new"
        elif old != place:
            marks[item["title_id"]] = f"{'▲' if place < old else '▼'}{abs(old - place)}"
    return marks


if __name__ == "__main__":
    typer.run(demo)
