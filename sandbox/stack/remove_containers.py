"""Remove the containers that carry a label, `remove_containers.py name=value`: a guard's last words."""

from __future__ import annotations

import sys

import docker


def main(label: str) -> None:
    """Remove them with their volumes, running or not."""
    for container in docker.from_env().containers.list(all=True, filters={"label": label}):
        container.remove(force=True, v=True)


if __name__ == "__main__":
    main(sys.argv[1])
