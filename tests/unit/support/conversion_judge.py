"""Compares what a conversion came to with what a row of a table says."""

from __future__ import annotations

import collections
import fnmatch
import json
import re
import typing as t

from tests.unit.support.conversion import Result, Service
from tests.unit.support.conversion_rows import Part, Row
from tests.unit.support.podman_words import differences, fragment_of, meaning_of

OUTCOMES = ("exact", "moved", "approximated", "dropped", "refused")
KINDS = {"network": "network create", "volume": "volume create", "build": "build"}


def complaints_of_report(row: Row, result: Result) -> list[str]:
    """Outcomes and directories that are not as the row says."""
    found = []
    for outcome, path in row.outcomes:
        items = [one for one in result["report"] if _is_at(one["path"], path)]
        seen = {one["outcome"] for one in items}
        if not items or not _is_outcome(outcome, seen):
            found.append(f"{path} is {sorted(seen) or 'not in the report'}, not {outcome}")
    for made, path in row.directories:
        if made != (path in _made_directories(result)):
            found.append(f"{path} is {'not ' if made else ''}made")
    return found


def _is_at(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern.replace("[", "[[]"))


def _is_outcome(outcome: str, seen: set[str]) -> bool:
    if outcome == "any":
        return True
    return bool(seen - {outcome[1:]}) if outcome.startswith("!") else outcome in seen


def _made_directories(result: Result) -> set[str]:
    texts = json.dumps(result["units"])
    return {*result["directories"], *re.findall(r"mkdir -p -- (\S+?)[\"\\]", texts)}


class Judge:
    """Compares the services of one app with a row."""

    def __init__(self, row: Row, project: str, services: t.Mapping[str, Service]) -> None:
        self.row = row
        self.project = project
        self.services = services

    def complaints(self) -> list[str]:
        """What is not as the row says."""
        parts = dict(self.row.parts)
        if not parts and not self.row.outcomes and not self.row.directories:
            parts["web"] = Part()
        return [
            f"{name}: {text}" for name, part in parts.items() for text in self._judge(name, part)
        ]

    def find(self, name: str) -> Service | None:
        """The service of a part, whatever its unit is called."""
        plain, _dash, kind = name.rpartition("-")
        if kind not in KINDS:
            plain, kind = name, ""
        suffix = f"-{kind}.service" if kind else ".service"
        stems = (plain, f"{self.project}-{plain}", f"{self.project}_{plain}")
        found = [s for stem in stems if (s := self.services.get(stem + suffix))]
        if not found and kind:  # an object with a name of its own: its unit has that
            found = [s for stem, s in self.services.items() if stem.endswith(suffix)]
        return found[0] if found else None

    def _judge(self, name: str, part: Part) -> t.Iterator[str]:
        service = self.find(name.removeprefix("-"))
        if name.startswith("-"):
            if service:
                yield "it is there"
            return
        if service is None:
            yield f"there is no such service: {sorted(self.services)}"
            return
        for wanted, section, line in part.lines:
            if service.has(section, self._named(line)) != wanted:
                lines = [f"{x.key}={x.value.decode()}" for x in service.lines]
                near = [x for x in lines if x.startswith(line.partition("=")[0])]
                yield f"[{section}] {line} is {'missing' if wanted else 'there'}: {near}"
        if part.words or part.command is not None or self._says_all(part):
            yield from self._judge_words(name, part, service)

    def _says_all(self, part: Part) -> bool:
        return not (part.lines or self.row.outcomes or self.row.is_whole or self.row.directories)

    def _judge_words(self, name: str, part: Part, service: Service) -> t.Iterator[str]:
        kind = next((k for end, k in KINDS.items() if name.endswith(f"-{end}")), "run")
        seen = self._plain(meaning_of(service.command()))
        wanted = fragment_of([self._named(word) for word in part.words], kind)
        options = {word.split("=")[0].split(" ")[0] for word in wanted}
        if kind == "run":
            wanted += self._usual(name, part, options)
            drop = {"image", "args"} - options if self.row.is_whole else {"image"} - options
            if part.command is not None or part.words:
                drop.discard("args")
            drop |= {"--name"} - options
        else:
            drop = {"name", "context", "--driver", "--tag", "--file"} - options
        left = collections.Counter(
            {w: n for w, n in seen.items() if w.split("=")[0].split(" ")[0] not in drop}
        )
        missing, beside = differences(wanted, left)
        if missing or beside:
            yield f"missing {missing}, beside it {beside}"

    def _usual(self, name: str, part: Part, options: set[str]) -> collections.Counter[str]:
        """What every container of Compose has, if the row says nothing else."""
        found: collections.Counter[str] = collections.Counter()
        if "network" not in options and "--network" not in options:
            alias = re.sub(r"-\d+$", "", name) if self.services.get(name) is None else name
            found[f"network app_default alias={alias}"] += 1
        if part.command:
            found[f"args={json.dumps(part.command, ensure_ascii=False)}"] += 1
        return found

    def _plain(self, words: collections.Counter[str]) -> collections.Counter[str]:
        """The same words, for a project named app."""
        pattern = rf"\b{self.project}(?=[_-])"
        return collections.Counter(
            {re.sub(pattern, "app", word): number for word, number in words.items()}
        )

    def _named(self, text: str) -> str:
        for name in re.findall(r"(?<!\$)\{([\w-]+)(?:\.service)?\}", text):
            service = self.find(name)
            if service is None:  # braces of a value's own
                continue
            text = text.replace(f"{{{name}.service}}", service.name)
            if f"{{{name}}}" in text:
                words = service.command()
                own = words[words.index("--name") + 1]
                text = text.replace(f"{{{name}}}", re.sub(rf"\b{self.project}(?=[_-])", "app", own))
        return text
