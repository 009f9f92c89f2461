"""Write jars.lock anew: what jgo resolves for the pinned Kafka, each jar with its SHA-256.

For the person who raises the version: change it in jars.py, run `python -m sandbox.stack.lock`, read the difference.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sandbox.stack.jars import ENDPOINTS, LOCK, Jar

HEAD = """\
# Apache Kafka for the embedded stack: every jar and the SHA-256 it must have.
# Written by `python -m sandbox.stack.lock`; the versions are chosen in jars.py.
"""


def resolve(folder: Path) -> list[Jar]:
    """Resolve the endpoints into an empty folder, so that no older cache has a say."""
    from jgo.env import EnvironmentBuilder
    from jgo.maven import MavenContext

    builder = EnvironmentBuilder(
        context=MavenContext(repo_cache=folder / "repository"), cache_dir=folder / "environments"
    )
    locks = [builder.from_endpoint(endpoint).lockfile for endpoint in ENDPOINTS]
    found = [one for lock in locks if lock for one in lock.dependencies]
    return sorted({Jar(one.groupId, one.artifactId, one.version, str(one.sha256)) for one in found})


def main() -> None:
    """Write the file and say how many jars it names."""
    with tempfile.TemporaryDirectory() as folder:
        jars = resolve(Path(folder))
    lines = (f"{jar.group}:{jar.artifact}:{jar.version} {jar.sha256}\n" for jar in jars)
    LOCK.write_text(HEAD + "".join(lines))
    print(f"{LOCK.name}: {len(jars)} jars")


if __name__ == "__main__":
    main()
