"""``fleet simulate``: a day of the streaming fleet under the shipped settings and others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from scripts.operators.deployment import StageOption
from scripts.operators.errors import OperatorError, explained
from scripts.operators.fleet_simulation import DAY, Demand, Outcome, Policy, simulate
from stacks.config import STAGES, FleetConfig

app = typer.Typer(no_args_is_help=True, help="The streaming fleet: what its settings would do.")
console = Console()


@app.command(name="simulate")
@explained
def simulate_day(
    stage: StageOption = "prod",
    evening_gbps: Annotated[
        float, typer.Option(help="What the fleet is asked for at nine in the evening, Gbit/s.")
    ] = 60.0,
    premiere: Annotated[float, typer.Option(help="A premiere's peak, times the evening's.")] = 1.8,
    segment_mb: Annotated[float, typer.Option(help="The mean answer, megabytes.")] = 1.2,
    on_demand_price: Annotated[float, typer.Option(help="Dollars a node and hour.")] = 0.36384,
    spot_price: Annotated[float, typer.Option(help="The same as Spot.")] = 0.15,
    out: Annotated[Path | None, typer.Option(help="Draw the day into this PNG.")] = None,
) -> None:
    """Drive the scaling policies with a day's demand, a premiere and the loss of a zone.

    The demand is what CloudFront does not have: the fleet sends no more than that. Compare what
    the shipped settings drop and cost with what others would, before changing stacks/config.py.
    """
    if stage not in STAGES:
        raise OperatorError(
            f"--stage: there is no stage {stage!r}", next_step=f"one of {', '.join(STAGES)}"
        )
    demand = Demand(
        evening_gbps=evening_gbps, night_gbps=0.15 * evening_gbps, premiere_times=premiere,
        segment_mb=segment_mb, zones=len(STAGES[stage].availability_zones),
    )  # fmt: skip
    shipped = replace(
        policy_of(STAGES[stage].fleet), on_demand_price=on_demand_price, spot_price=spot_price
    )
    outcomes = {
        name: simulate(policy, demand)
        for name, policy in track(alternatives(shipped).items(), "simulating", transient=True)
    }
    console.print(_table(stage, outcomes))
    if out:
        draw(outcomes, out)
        console.print(f"drawn: {out}")


def policy_of(fleet: FleetConfig) -> Policy:
    """The settings that a stage ships."""
    return Policy(
        minimum=fleet.minimum,
        maximum=fleet.maximum,
        requests_per_target=fleet.requests_per_target,
        bytes_out_per_target=fleet.bytes_out_per_target,
        forecast=fleet.predictive_scaling,
        node_gbps=fleet.node_gbps,
        on_demand_base=fleet.on_demand_base,
        on_demand_percent=fleet.on_demand_percent,
    )


def alternatives(shipped: Policy) -> dict[str, Policy]:
    """The shipped settings, and each with one thing different."""
    bytes_out, requests = shipped.bytes_out_per_target, shipped.requests_per_target
    return {
        "shipped": shipped,
        "no forecast": replace(shipped, forecast=False),
        "bytes alone": replace(shipped, requests_per_target=None, forecast=False),
        "requests alone": replace(shipped, bytes_out_per_target=None),
        "targets × 1.4": replace(
            shipped,
            bytes_out_per_target=bytes_out and 1.4 * bytes_out,
            requests_per_target=requests and 1.4 * requests,
        ),
        "targets ÷ 1.4": replace(
            shipped,
            bytes_out_per_target=bytes_out and bytes_out / 1.4,
            requests_per_target=requests and requests / 1.4,
        ),
        "three minutes to boot": replace(shipped, boot_seconds=180),
        "no Spot": replace(shipped, on_demand_percent=100),
        "the maximum, always": replace(shipped, minimum=shipped.maximum),
    }


def _table(stage: str, outcomes: dict[str, Outcome]) -> Table:
    table = Table(
        f"settings of {stage}", "nodes at most", "network used, %", "dropped, %",
        "minutes short", "dollars a day", "dollars per TB sent",
    )  # fmt: skip
    for name, day in outcomes.items():
        sent = sum(moment.asked - moment.dropped for moment in day.moments) * 10 / 8 / 1000
        table.add_row(
            name, str(day.peak_nodes), f"{day.utilisation_percent:.0f}",
            f"{day.dropped_percent:.3f}", f"{day.minutes_short:.1f}", f"{day.dollars:.0f}",
            f"{day.dollars / sent:.2f}",
        )  # fmt: skip
    return table


def draw(outcomes: dict[str, Outcome], path: Path) -> None:
    """Demand and capacity, utilisation, and what was dropped, over the day."""
    from matplotlib.figure import Figure  # a second that the other commands need not spend

    figure = Figure(figsize=(11, 8), layout="constrained")
    capacity, used, dropped = figure.subplots(3, 1, sharex=True, height_ratios=[3, 1.5, 1.5])
    shown = [name for name in outcomes if name != "the maximum, always"]
    hours = [moment.at / 3600 for moment in outcomes["shipped"].moments]
    capacity.fill_between(
        hours, [m.asked for m in outcomes["shipped"].moments], color="0.85", label="asked for"
    )
    for name in shown:
        day, width = outcomes[name], 2.2 if name == "shipped" else 0.9
        gbps = day.node_gbps
        capacity.plot(hours, [m.serving * gbps for m in day.moments], lw=width, label=name)
        share = [100 * (m.asked - m.dropped) / max(1e-9, m.serving * gbps) for m in day.moments]
        used.plot(hours, share, lw=width)
        dropped.plot(hours, [m.dropped for m in day.moments], lw=width)
    capacity.set_ylabel("Gbit/s")
    capacity.set_title("A day with a premiere at 20:00 and a zone lost at 21:30")
    capacity.legend(fontsize=8, ncols=3, loc="upper left")
    used.set_ylabel("network used, %")
    dropped.set_ylabel("dropped, Gbit/s")
    dropped.set_xlabel("hour")
    dropped.set_xlim(0, DAY / 3600)
    dropped.set_xticks(range(0, 25, 3))
    figure.savefig(path, dpi=110)
