"""Writes app/src/api/schema.d.ts from the OpenAPI document; with --check only compares."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from backend.main import build_app
from backend.settings import load

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "app" / "src" / "api" / "schema.d.ts"


def main() -> int:
    made = _generated()
    if "--check" not in sys.argv[1:]:
        CLIENT.write_text(made, encoding="utf-8")
        return 0
    if CLIENT.read_text(encoding="utf-8") != made:
        print("the front end's client is stale: run `make client`", file=sys.stderr)
        return 1
    print("the front end's client fits the API")
    return 0


def _generated() -> str:
    """Only what the front end can call: the types of /api/v1."""
    document = build_app(load({"CUNBAO_SECRET_KEY": "x" * 32})).openapi_schema.to_schema()
    generate = ROOT / "app" / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "schema.d.ts")
        source.write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
        command = [Path(sys.executable).parent / "node", generate, source, "--output", target]
        done = subprocess.run(
            [*command, "--default-non-nullable=false"],
            capture_output=True,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
            check=False,
        )
        if done.returncode:
            sys.exit(f"cunbao: making the client failed: {done.stderr or done.stdout}")
        return target.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
