"""How many examples Hypothesis tries: more of them with --slow."""

import os

from hypothesis import settings

IS_SLOW = os.environ.get("CI_SLOW") == "1"


def examples(usual: int, *, slow: int) -> settings:
    return settings(max_examples=slow if IS_SLOW else usual)
