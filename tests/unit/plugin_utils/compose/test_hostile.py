"""Input that means harm: a clear refusal or a tree, soon, in little memory, and nothing runs."""

from __future__ import annotations

import json
import subprocess
import sys


def _bomb() -> str:
    lines = ["x-0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    return "\n".join([*lines, "services: {}\n"])


def _merge_bomb() -> str:
    lines = ["x-0: &a0 {k: v}"]
    lines += [
        f"x-{n}: &a{n} {{<<: *a{n - 1}, l{n}: *a{n - 1}, m: *a{n - 1}}}" for n in range(1, 60)
    ]
    return "\n".join([*lines, "services: {}\n"])


def _services(line: str, count: int) -> str:
    return "services:\n" + "".join(f"  a{n}: {line.replace('#', str(n))}\n" for n in range(count))


CHAIN = "services:\n" + "".join(f"  a{n}: {{extends: a{n + 1}}}\n" for n in range(2_000))
HEAD = "services: {}\nx-a: "
# What is given, and a part of the first cause; '' where it is no trouble.
CASES: dict[str, tuple[str, str]] = {
    "alias bomb": (_bomb(), "the text stands for more than"),
    "merge bomb": (_merge_bomb(), "the text stands for more than"),
    "10 MB": (_services("{image: x}", 600_000), "characters are no Compose file"),
    "many items": (HEAD + "\n" + "- a\n" * 250_000, "the text stands for more than"),
    "many keys": (HEAD + "\n" + "".join(f"  {n}a:\n" for n in range(90_000)), "more than"),
    "many documents": ("a: b\n---\n" * 100_000, "more than"),
    "many empty documents": ("---\n" * 200_000, "there are more than 100 ---"),
    "long scalar": (HEAD + "'" + "a" * 1_000_000 + "'\n", ""),
    "long key": ("services: {}\n? x-" + "a" * 1_000_000 + "\n: b\n", ""),
    "long number": (HEAD + "9" * 1_000_000 + "\n", ""),
    "long dots": (HEAD + "1." * 500_000 + "\n", ""),
    "dollar signs": (HEAD + "'" + "$" * 1_000_000 + "'\n", ""),
    "open variables": (HEAD + "'" + "${A:-" * 150_000 + "'\n", "nested too deeply"),
    "many variables": (HEAD + "'" + "$A" * 60_000 + "'\n", "more than 50000 variables"),
    "braces": (HEAD + "'${A:-" + "{" * 300_000 + "'\n", "no closing brace"),
    "flow lists": (HEAD + "[" * 100_000, "nest"),
    "flow mappings": (HEAD + "{a: " * 100_000, "nested"),
    "block mappings": ("\n".join(" " * n + "a:" for n in range(1400)), "nested"),
    "block lists": ("- " * 100_000, "nested"),
    "question marks": ("? " * 100_000, "nested"),
    "comments": ("# a\n" * 200_000, "there is nothing in it"),
    "blanks": (" " * 1_000_000, "there is nothing in it"),
    "anchors": ("services: {}\n" + "".join(f"x-{n}: &a{n} x\n" for n in range(10_000)), ""),
    "binary": (bytes(range(256)).decode("latin-1") * 4000, "the character U+0000 is not allowed"),
    "complaints": ("services:\n" + "  a: {image: x}\n" * 10_000, "the key stands twice"),
    "unset variables": (_services("{image: '${V#}'}", 4_000), "the variable V0 has no value"),
    "one unset variable": (_services("{image: '${V}'}", 4_000), "and 3979 more"),
    "missing services": (_services("{links: [x#]}", 4_000), "there is no service x0"),
    "large but true": (_services("{image: x, command: [a, b], environment: {A: 1}}", 3_500), ""),
    "services in circles": (_services("{extends: a#}", 2_000), "services extend each other"),
    "a long chain": (CHAIN, "more than 50 services extend one another"),
    "tag of Python": (HEAD + "!!python/object/apply:os.system ['exit 3']\n", "means nothing"),
    "tag of Python's": (HEAD + "!!python/name:os.system\n", "means nothing to Compose"),
}  # fmt: skip


SCRIPT = """
import json, re, sys, time
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import load
for line in sys.stdin:
    start = time.process_time()
    try:
        load.load_project([("c.yml", json.loads(line))], load.LoadOptions(name="x"))
        cause = ""
    except load.LoadError as error:
        cause = error.causes[0]
    seconds = time.process_time() - start
    with open("/proc/self/status") as status:
        memory = int(re.search("VmHWM: *([0-9]+)", status.read().replace("\\t", " "))[1])
    print(json.dumps([cause, seconds, memory]), flush=True)
"""


def test_hostile_input_ends_soon_in_little_memory() -> None:
    """One after another, in a process of its own: what is measured is its largest size."""
    given = "".join(json.dumps(text) + "\n" for text, _cause in CASES.values())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=given,
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(CASES)
    wrong = [
        (name, found[:200], seconds, kibibytes)
        for (name, (_text, cause)), (found, seconds, kibibytes) in zip(CASES.items(), rows)
        if cause not in found
        or bool(cause) is not bool(found)
        or len(found) > 2000
        or seconds > 2
        or kibibytes > 200 * 1024
    ]
    assert wrong == []
