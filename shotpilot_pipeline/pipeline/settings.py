"""`shotpilot.toml`: the settings of a machine or team. Does not know the shot list.

The schema file is the one truth of keys, types, bounds and defaults. It is flat, so it is read here directly:
loading a JSON Schema library would cost more than everything else a quick `plan` does.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import BadFiles, Place, Problem, UsageError

NAME = "shotpilot.toml"
ENVIRONMENT = {
    "SHOTPILOT_FAL_QUEUE_URL": ("fal", "queue_url"),
    "SHOTPILOT_FAL_REST_URL": ("fal", "rest_url"),
    "SHOTPILOT_FAL_API_URL": ("fal", "api_url"),
    "SHOTPILOT_STORE": ("store", "place"),
}
_WANTED = {"string": "text", "integer": "a whole number", "number": "a number"}
_LOOPBACK = re.compile(r"http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(/|\Z)")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default where nothing was said."""

    values: Mapping[str, Mapping[str, Any]]

    def get(self, section: str, key: str) -> Any:
        """One setting; None where it has neither a value nor a default."""
        return self.values[section].get(key)


def read_settings(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of the show at `root`: the schema's defaults, then the file, then the environment.

    Raises BadFiles with every problem of the file at once, UsageError for the environment.
    """
    sections: dict[str, Any] = schema("settings-1")["properties"]
    values = {name: _defaults(section) for name, section in sections.items()}
    path = root / NAME
    if path.is_file():
        _lay_over(values, _parse(path), sections, path)
    for variable, (section, key) in ENVIRONMENT.items():
        if environment.get(variable):
            values[section][key] = environment[variable]
    for key in ("queue_url", "rest_url", "api_url"):
        url = values["fal"][key]
        if not url.startswith("https://") and not _LOOPBACK.match(url):
            raise UsageError(f"fal.{key} is {url!r}; write an https URL (plain http is for this machine only)")
    return Settings(values)


def _defaults(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: field["default"] for key, field in section["properties"].items() if "default" in field}


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadFiles([_problem(path, 0, "the file is not UTF-8", "save it as UTF-8")]) from None
    except OSError as error:
        raise BadFiles([_problem(path, 0, f"cannot be read ({error.strerror})", "check its permissions")]) from None
    except (ValueError, RecursionError) as error:  # not TOML, a number of thousands of digits, or nested too deeply
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        line, column = (int(found.group(1) or 0), int(found.group(2) or 0)) if found else (0, 0)
        told = str(error)[: found.start()] if found else str(error)
        message = f"is not TOML: {told[:1].lower()}{told[1:]}"
        cure = "write key = value, text in quotes"
        raise BadFiles([Problem("settings", Place(str(path), line, column), message, cure)]) from None


def _lay_over(
    values: dict[str, dict[str, Any]], said: Mapping[str, Any], sections: Mapping[str, Any], at: Path
) -> None:
    problems = []
    for name, fields in said.items():
        if name not in sections or not isinstance(fields, dict):
            known = ", ".join(f"[{section}]" for section in sections)
            problems.append(_problem(at, _line(at, name), f"{name} is not a section", f"the sections are {known}"))
            continue
        known_fields = sections[name]["properties"]
        for key, value in fields.items():
            fault = _fault(known_fields.get(key), value)
            if fault:
                cure = f"the keys of [{name}] are {', '.join(known_fields)}"
                cure = _cure(known_fields[key], value) if key in known_fields else cure
                problems.append(_problem(at, _line(at, key, name), f"{name}.{key} {fault}", cure))
            else:
                values[name][key] = value
    if problems:
        raise BadFiles(problems)


def _fault(field: Mapping[str, Any] | None, value: object) -> str:
    if field is None:
        return "is not a setting"
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}
    if isinstance(value, bool) or not isinstance(value, kinds[field["type"]]):
        return f"wants {_WANTED[field['type']]}, not {value!r}"
    if isinstance(value, (int, float)) and not field.get("minimum", value) <= value <= field.get("maximum", value):
        most = f" to {field['maximum']}" if "maximum" in field else " or more"
        return f"is {value}; it may be {field['minimum']}{most}"
    return ""


def _cure(field: Mapping[str, Any], value: object) -> str:
    """What to write instead, where that is not said by what is wrong."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and field["type"] != "string":
        return ""
    if field["type"] == "string":
        return "put it in quotes"
    example = field.get("default", field.get("minimum", 1))
    return "write it without quotes" if str(value).isdigit() else f"write a number such as {example}"


def _line(path: Path, key: str, section: str = "") -> int:
    """The line on which a key stands: tomllib keeps no places, so it is looked for."""
    inside = not section
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        inside = inside or text.strip().startswith(f"[{section}]")
        if inside and re.match(rf"\s*\[?\s*\"?{re.escape(key)}\b", text):
            return number
    return 0


def _problem(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem("settings", Place(str(path), line, 1 if line else 0), message, hint)
