"""`python3 run.py millrace ...`."""

import os
import sys

from cli.main import main


def run() -> int:
    """The command's exit code; 0 when whoever reads has seen enough, as `| head` has."""
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        return 0
    return code


if __name__ == "__main__":
    sys.exit(run())
