"""A struct as environment variables, and back: what infra writes, a handler reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self, get_type_hints

import msgspec

from millrace.errors import NeedsHuman


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Strings travel as they are, all else as JSON; variables are the fields in capitals."""

    def to_env(self) -> dict[str, str]:
        """The environment variables of this instance; values may be CDK tokens inside strings."""
        return {
            name.upper(): value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name in self.__struct_fields__
            for value in (getattr(self, name),)
        }

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read this class from `environ`; a missing or malformed variable is `bad_environment`."""
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        try:
            for name in cls.__struct_fields__:
                raw = environ.get(name.upper())
                if raw is not None:
                    is_text = hints[name] is str
                    values[name] = raw if is_text else msgspec.json.decode(raw, type=hints[name])
            return cls(**values)
        except (msgspec.MsgspecError, TypeError) as error:
            raise NeedsHuman(
                "bad_environment", f"{cls.__name__} cannot read its environment: {error}"
            ) from error
