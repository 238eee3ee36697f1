"""What holds for every test: no account, no network beyond loopback, slow tests behind a flag."""

import os

import pytest
from hypothesis import HealthCheck, settings

import infra  # noqa: F401 - names Node.js before anything imports aws_cdk

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_ACCOUNT_ID_ENDPOINT_MODE="disabled",
)
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# The same examples in every CI run: a change is judged by what it does, not by today's luck.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the slow tests too")


def pytest_configure(config):
    """One switch for both: tests/examples.py is read before there are options."""
    if config.getoption("--slow"):
        os.environ["CI_SLOW"] = "1"


def pytest_collection_modifyitems(items):
    if os.environ.get("CI_SLOW") == "1":
        return
    skip = pytest.mark.skip(reason="slow: runs with --slow or CI_SLOW=1")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)
