"""Each stage is synthesised once for the whole session, by the command that deploys it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import Assembly, Template, synthesise


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Assembly]:
    """Every stage, by name."""
    return _synthesised_all(tmp_path_factory.mktemp("assemblies"))


@pytest.fixture(scope="session")
def assemblies_again(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Assembly]:
    """The same once more, in another folder and with another order of hashes."""
    return _synthesised_all(tmp_path_factory.mktemp("again"), PYTHONHASHSEED="7")


@pytest.fixture(scope="session", params=list(STAGES))
def assembly(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    """Each stage in turn."""
    return synthesised(assemblies[request.param])


@pytest.fixture(scope="session")
def template(assemblies: Mapping[str, Assembly]) -> Callable[..., Template]:
    """``template("api")`` is prod's; ``template("api", "local")`` another stage's."""

    def find(area: str, stage: str = "prod") -> Template:
        return synthesised(assemblies[stage]).templates[area]

    return find


def synthesised(assembly: Assembly) -> Assembly:
    """The assembly, or a failure that says why there is none."""
    if not (assembly.folder / "manifest.json").exists():
        pytest.fail(f"synth of {assembly.stage} wrote nothing:\n{assembly.process.stderr[-4000:]}")
    return assembly


def _synthesised_all(folder: Path, **environment: str) -> dict[str, Assembly]:
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda stage: synthesise(stage, folder / stage, **environment), STAGES)
        return {assembly.stage: assembly for assembly in made}
