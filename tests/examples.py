"""How many examples Hypothesis tries: more of them with --slow."""

import os

from hypothesis import settings


def examples(usual: int, *, slow: int) -> settings:
    return settings(max_examples=slow if os.environ.get("CI_SLOW") == "1" else usual)
