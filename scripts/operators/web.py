"""``web publish``: the viewer page and its configuration, into the web bucket."""

from __future__ import annotations

import json
import mimetypes
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.operators.deployment import ROOT, Deployment, LocalPlatform, StageOption
from scripts.operators.errors import OperatorError, explained

WEB = ROOT / "web"
# The player's library comes from npm and is served from our own origin, like all of the page.
LIBRARY = ROOT / "node_modules" / "hls.js" / "dist"
VENDOR = {
    "vendor/hls.js": LIBRARY / "hls.min.mjs",
    "vendor/hls.worker.js": LIBRARY / "hls.worker.js",
}

app = typer.Typer(no_args_is_help=True, help="The viewer page.")


def page_configuration(
    deployment: Deployment, *, demo_viewers: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """What the page reads from ``/config.json``. Demo sign-ins exist on ``local`` alone."""
    configuration: dict[str, Any] = {
        "region": deployment.config.region,
        "user_pool_client_id": deployment.output("profiles", "UserPoolClientId"),
        "identity_endpoint": f"https://cognito-idp.{deployment.config.region}.amazonaws.com/",
    }
    if deployment.config.name == "local":
        configuration |= {"identity_endpoint": "/identity/", "demo_viewers": demo_viewers or []}
    return configuration


def publish_page(deployment: Deployment, configuration: dict[str, Any]) -> list[str]:
    """Uploads ``web/`` and the configuration; the page itself last, so it never runs ahead."""
    s3 = deployment.client("s3")
    bucket = deployment.output("content", "WebBucketName")
    files = page_files()
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=json.dumps(configuration).encode(),
        ContentType="application/json",
        CacheControl="no-cache",
    )
    for key, path in files.items():
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(key)[0] or "application/octet-stream",
            CacheControl="no-cache",
        )
    return ["config.json", *files]


def page_files() -> dict[str, Path]:
    """What the page is made of, by key: its libraries first, the page itself last."""
    missing = [str(path) for path in VENDOR.values() if not path.is_file()]
    if missing:
        raise OperatorError(
            f"the player's library is missing: {missing[0]}", next_step="make setup"
        )
    own = sorted(path for path in WEB.rglob("*") if path.is_file() and _is_page(path))
    own.sort(key=lambda path: path.name == "index.html")
    return VENDOR | {path.relative_to(WEB).as_posix(): path for path in own}


def _is_page(path: Path) -> bool:
    return path.suffix in {".html", ".css", ".js", ".svg", ".png", ".ico", ".webmanifest"} and (
        "test" not in path.name
    )


@app.command()
@explained
def publish(
    stage: StageOption = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List, upload nothing.")] = False,
) -> None:
    """Upload the page and tell CloudFront to drop the copies it holds."""
    console = Console()
    deployment = Deployment(stage)
    viewers = LocalPlatform.read().accounts if stage == "local" else None
    configuration = page_configuration(deployment, demo_viewers=viewers)
    if dry_run:
        console.print_json(data=configuration)
        return
    keys = publish_page(deployment, configuration)
    if stage != "local":  # no edge cache in front of the local page
        deployment.client("cloudfront").create_invalidation(
            DistributionId=deployment.output("delivery", "DistributionId"),
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": ["/*"]},
                "CallerReference": str(time.time_ns()),
            },
        )
    console.print(f"published {len(keys)} files: {', '.join(keys)}")
