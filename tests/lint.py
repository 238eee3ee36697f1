"""`python3 run.py lint`: ruff, mypy and import-linter, all of them even when one complains."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)


def main() -> int:
    failed = []
    for check in CHECKS:
        print(f"$ {' '.join(check)}", flush=True)
        program = shutil.which(check[0], path=str(Path(sys.executable).parent)) or check[0]
        if subprocess.run([program, *check[1:]], cwd=ROOT, check=False).returncode != 0:
            failed.append(check[0])
    print("lint failed: " + ", ".join(failed) if failed else "lint passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
