"""SignalR's own JavaScript client in Node, run as a script that prints JSON."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests import node

HERE = Path(__file__).parent


async def run(script: str, *arguments: str, seconds: float = 60) -> Any:
    """What a script beside this file prints."""
    modules, program = await asyncio.to_thread(node.modules), node.node()
    child = await asyncio.create_subprocess_exec(
        program, str(HERE / script), *arguments,
        env=os.environ | {"NODE_PATH": str(modules)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(child.communicate(), seconds)
    except TimeoutError:
        child.kill()
        out, err = await child.communicate()
        raise AssertionError(f"{script} took longer than {seconds} s: {out.decode()} {err.decode()}") from None
    assert child.returncode == 0, f"{script}: {err.decode()}"
    return json.loads(out.decode().splitlines()[-1])
