"""How settings are read and refused: secrets from files, comma lists, one line for each wrong variable.

Promises: an error names the variable and what to do; no value is ever repeated, since any of them may be a secret.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsError

Loaded = TypeVar("Loaded", bound=BaseSettings)
EXIT_REFUSED = 2


class FileSource(PydanticBaseSettingsSource):
    """Reads `<NAME>` from the file that `<NAME>_FILE` names; the trailing newline is dropped."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The file's content, or None where no such variable is set."""
        variable = f"{field_name.upper()}_FILE"
        path = os.environ.get(variable)
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}: cannot be read ({type(error).__name__}): name a readable file") from None

    def __call__(self) -> dict[str, Any]:
        """All fields that have a file."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def comma_list(value: Any) -> Any:
    """`a, b` → `["a", "b"]`; what is no text passes as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def masked(value: Any) -> Any:
    """A value for the log: secrets as stars, the rest as plain values."""
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, tuple | list | frozenset):
        return [masked(part) for part in value]
    if isinstance(value, dict):
        return {name: masked(part) for name, part in value.items()}
    return value if isinstance(value, bool | int | float | None) else str(value)


def load(settings: type[Loaded]) -> Loaded:
    """Build a service's settings, or print what is wrong, one line a variable, and exit with 2."""
    try:
        return settings()
    except ValidationError as error:
        lines = list(_lines(settings, error))
    except SettingsError as error:
        lines = [str(error)]
    for line in lines:
        sys.stderr.write(f"{line}\n")
    raise SystemExit(EXIT_REFUSED)


def _lines(settings: type[BaseSettings], error: ValidationError) -> Iterator[str]:
    told: set[str] = set()
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in told:
            continue  # a list with many faults is one line
        told.add(name)
        field = settings.model_fields.get(name)
        yield _line(name.upper(), field, detail["type"], detail["msg"].removeprefix("Value error, "))


def _line(variable: str, field: FieldInfo | None, kind: str, message: str) -> str:
    if not variable:
        return message
    hint = f": set it to {field.description}" if field and field.description else ""
    if kind == "missing":
        return f"{variable}: is missing{hint or ': set it'}"
    return f"{variable}: {message[:1].lower()}{message[1:]}{hint}"
