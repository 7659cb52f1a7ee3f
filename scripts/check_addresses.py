"""Fails when a file of the project names a package registry or a machine's own package folder.

A lock file must work from any mirror, so it names hashes and no address.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# In parts, so that this file doesn't hold what it looks for.
HOSTS = tuple(
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("debian", "org"),
        ("archive", "ubuntu", "com"),
        ("mirrors", "aliyun", "com"),
        ("mirrors", "tuna", "tsinghua"),
        ("pypi", "tuna", "tsinghua"),
        ("mirrors", "cloud", "tencent"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("registry", "docker"),
    )
)
OPTIONS = tuple(b"--" + word for word in (b"index-url", b"extra-index-url", b"find-links"))


def main() -> int:
    found = [line for path in _files() for line in _addresses(path)]
    print("\n".join(found) if found else "no registry address in any file")
    return 1 if found else 0


def _files() -> list[Path]:
    """Every file git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        sys.exit("cunbao: this check looks at the files git knows: run it in a clone, with git")
    paths = (ROOT / name.decode() for name in listed.split(b"\0") if name)
    return sorted(path for path in paths if path.is_file())


def _addresses(path: Path) -> list[str]:
    wanted = HOSTS + (OPTIONS if path.suffix in {".lock", ".txt", ".toml"} else ())
    return [
        f"{path.relative_to(ROOT)}:{number}: names {hit.decode()}"
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        for hit in wanted
        if hit in line
    ]


if __name__ == "__main__":
    sys.exit(main())
