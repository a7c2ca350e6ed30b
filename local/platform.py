"""The whole platform on one machine: emulator, templates, catalogue, model, viewers, edge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from typing import Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import viewers
from local.deployment import CdkCommand, fingerprint
from local.distribution import api_headers, trusted
from local.edge import EdgeConfig, NginxProcess, nginx_user, render
from local.emulator.process import Emulator
from local.films import Films
from local.media_gate import MediaGate
from local.world import World, write_private
from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.errors import OperatorError
from scripts.operators.status import WELL, served_model, stack_states
from scripts.operators.titles import Dataset, import_dataset
from scripts.operators.tokens import access_token
from scripts.operators.training import run_training
from scripts.operators.web import page_configuration, publish_page
from streaming.render import PROBE_KEY, local_node, nginx_conf

NODE_HOST = "127.0.0.2"  # a loopback address of its own, as a node has in the fleet


class Steps(Protocol):
    """Shows what is being done. A step's value is called with a line of detail."""

    def __call__(self, name: str) -> AbstractContextManager[Callable[[str], None]]:
        """Begins a step; it ends, well or not, with the context."""


class Platform:
    """Brings a world up, step by step; every step is skipped where the world has it already."""

    def __init__(self, world: World, dataset: Dataset, *, port: int, steps: Steps) -> None:
        self._world, self._dataset, self._port, self._steps = world, dataset, port, steps
        self._emulator: Emulator | None = None
        self.node: NginxProcess | None = None  # the fleet, in the cloud
        self._nginx: list[NginxProcess] = []
        self._gate: MediaGate | None = None
        self.films: Films | None = None

    @property
    def url(self) -> str:
        """The one address of the platform."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def emulator(self) -> Emulator:
        """The running emulator."""
        if self._emulator is None:
            raise RuntimeError("the platform has not been started")
        return self._emulator

    def start(self) -> LocalPlatform:
        """Everything up and filled; what the operators' commands need to find it."""
        with self._steps("emulator"):
            self._begin()
        deployment = self._deploy()
        self._import(deployment)
        self._train(deployment)
        accounts = self._viewers(deployment)
        self._film(deployment)
        running = LocalPlatform(self.emulator.endpoint, self.url, accounts)
        write_private(LocalPlatform.file(), vars(running))
        return running

    def stop(self) -> None:
        """Ends every process of the platform; the emulator saves its state first."""
        LocalPlatform.file().unlink(missing_ok=True)
        if self.films is not None:
            self.films.stop()
        for process in self._nginx:
            process.stop()
        if self._gate is not None:
            self._gate.stop()
        if self._emulator is not None:
            self._emulator.stop()
            self._world.note(stopped_cleanly=True)

    def _begin(self) -> None:
        if self._world.notes() and not self._world.notes().get("stopped_cleanly"):
            self._boot()
            if self._is_whole():
                return
            # Killed in the middle of something: what is half there is made anew.
            self.emulator.stop()
            self._world.forget()
        if self._emulator is None or not self._world.path.exists():
            self._boot()
        self._world.note(stopped_cleanly=False)

    def _boot(self) -> None:
        self._world.run.mkdir(parents=True, exist_ok=True)
        self._emulator = Emulator(
            port=0, state_dir=self._world.state, log_file=self._world.run / "emulator.log"
        )
        self._emulator.start()

    def _is_whole(self) -> bool:
        """Whether what the notes claim is really there, asked of the platform itself."""
        notes = self._world.notes()
        if "viewers" not in notes:
            return False
        deployment = Deployment("local", endpoint=self.emulator.endpoint)
        try:
            well = all(state in WELL for state in stack_states(deployment).values())
            for entry in notes["viewers"]:
                access_token(deployment, entry["username"], entry["password"])
            return well and served_model(deployment) is not None
        except (OperatorError, ClientError, BotoCoreError):
            return False

    def _deploy(self) -> Deployment:
        wanted = fingerprint()
        deployment = Deployment("local", endpoint=self.emulator.endpoint)
        if self._world.notes().get("deployed") != wanted:
            cdk = CdkCommand(self.emulator.endpoint, self._world.path)
            with self._steps("templates (cdk synth)"):
                stacks = cdk.synth()
            with self._steps("bootstrap (cdk bootstrap)"):
                cdk.bootstrap()
            with self._steps(f"{len(stacks)} stacks (cdk deploy)") as detail:
                done = count(1)
                cdk.deploy(lambda stack: detail(f"{next(done)} of {len(stacks)}: {stack}"))
            self._world.note(deployed=wanted)
        return deployment

    def _import(self, deployment: Deployment) -> None:
        if self._world.notes().get("imported"):
            return
        with self._steps(f"catalogue: {self._dataset.summary}") as detail:
            import_dataset(deployment, self._dataset, progress=detail)
        self._world.note(imported=True)

    def _train(self, deployment: Deployment) -> None:
        wanted = self._world.notes().get("deployed")
        if self._world.notes().get("trained_by") == wanted:
            return
        with self._steps("model (training workflow)"):
            run_training(deployment, Console(quiet=True))
        self._world.note(trained_by=wanted)

    def _viewers(self, deployment: Deployment) -> list[dict[str, str]]:
        with self._steps("edge, fleet node and page"):
            self._serve(deployment)
        entries: list[dict[str, str]] = self._world.notes().get("viewers", [])
        if not entries:
            with self._steps("demo viewers") as detail:
                entries = self._make_viewers(deployment, detail)
            self._world.note(viewers=entries)
        publish_page(deployment, page_configuration(deployment, demo_viewers=entries))
        return entries

    def _make_viewers(
        self, deployment: Deployment, detail: Callable[[str], None]
    ) -> list[dict[str, str]]:
        entries = []
        for viewer in viewers.choose(self._dataset.titles, self._dataset.signals):
            detail(f"{viewer.label}: {len(viewer.ratings)} ratings as events")
            entry = viewers.create(deployment, self.url, viewer)
            rated = len({signal.title_id for signal in viewer.ratings})
            viewers.wait_for_history(deployment, entry["profile_id"], rated)
            entries.append(entry)
        if not entries:
            raise OperatorError(
                "no viewer of this data likes any genre clearly enough to be a demo viewer",
                next_step="use data with viewers who rated 15 titles of a genre 4 or more",
            )
        return entries

    def _film(self, deployment: Deployment) -> None:
        folder = self._world.path / "films"
        self.films = Films(deployment, self._dataset.titles.values(), folder)
        self.films.start()

    def _serve(self, deployment: Deployment) -> None:
        self._gate = MediaGate(trusted(deployment))
        self._gate.start()
        self.node = self._node(deployment)
        self._nginx = [self.node, self._edge(deployment, self._gate.address)]
        for process in self._nginx:
            process.start()

    def _node(self, deployment: Deployment) -> NginxProcess:
        """A streaming node as the fleet has them, with the emulator's S3 behind it."""
        emulator = urlsplit(self.emulator.endpoint)
        host, port = self._node_address
        bucket = deployment.output("content", "MediaBucketName")
        # A node's first boot writes this; its health check reads it back through S3.
        deployment.client("s3").put_object(Bucket=bucket, Key=PROBE_KEY, Body=b"ok\n")
        config = local_node(
            self._world.run / "node",
            upstream_host=emulator.hostname or "",
            upstream_port=emulator.port or 0,
            upstream_prefix=f"/{bucket}",
            listen=f"{host}:{port}",
        )
        configuration = nginx_conf(replace(config, user=nginx_user()))
        return NginxProcess("node", configuration, run=self._world.run, address=(host, port))

    def _edge(self, deployment: Deployment, gate: str) -> NginxProcess:
        host, port = self._node_address
        config = EdgeConfig(
            port=self._port,
            emulator=urlsplit(self.emulator.endpoint).netloc,
            node=f"{host}:{port}",
            gate=gate,
            api_id=deployment.output("api", "ApiId"),
            api_headers=api_headers(deployment),
            web_bucket=deployment.output("content", "WebBucketName"),
            media_bucket=deployment.output("content", "MediaBucketName"),
        )
        configuration = render(config, self._world.run)
        address = ("127.0.0.1", self._port)
        return NginxProcess("edge", configuration, run=self._world.run, address=address)

    @property
    def _node_address(self) -> tuple[str, int]:
        return NODE_HOST, self._port
