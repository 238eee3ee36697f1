"""From words to a command and its exit code: 0 done, 1 it cannot be done now, 2 ask differently."""

from __future__ import annotations

import sys

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection
from cli.options import parser
from millrace.errors import MillraceError, NeedsHuman


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        connection = Connection(local=options.local, profile=options.profile, region=options.region)
        options.run(connection, options)
    except MillraceError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 2 if isinstance(error, NeedsHuman) else 1
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "refused")
        print(f"AWS refused {error.operation_name}: {code}", file=sys.stderr)
        return 1
    except BotoCoreError as error:
        print(f"AWS cannot be reached: {type(error).__name__}", file=sys.stderr)
        return 1
    return 0
