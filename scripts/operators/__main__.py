"""The operators' app: ``scripts/marquee``."""

from __future__ import annotations

import typer

from scripts.operators import (
    buckets,
    editorial,
    fleet,
    ingest,
    keys,
    recommend,
    redrive,
    replay,
    status,
    titles,
    tokens,
    training,
    web,
)

app = typer.Typer(
    name="marquee",
    help="Operate a Marquee deployment: --stage local is what `make demo` runs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(status.status)
app.command()(tokens.token)
app.command()(recommend.recommend)
app.command()(training.train)
for command in (ingest.ingest, ingest.progress, redrive.redrive, ingest.retire):
    titles.app.command()(command)
app.add_typer(titles.app, name="titles")
app.add_typer(editorial.app, name="editorial")
app.add_typer(web.app, name="web")
app.add_typer(buckets.app, name="buckets")
app.add_typer(fleet.app, name="fleet")
app.add_typer(keys.app, name="keys")
app.add_typer(replay.app, name="replay")

if __name__ == "__main__":
    app()
