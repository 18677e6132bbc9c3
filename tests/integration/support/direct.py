"""One task of one play for one host, carried out in this process.

This is what a worker process of Ansible does between the strategy that starts it and the queue
that takes its result.  It stands on Ansible's own parts, which may change with each of its
releases: is_known says for which they are as here; for others there are whole plays.
"""

from __future__ import annotations

import importlib
import typing as t

from ansible import release
from ansible.cli.playbook import PlaybookCLI
from ansible.executor import task_result
from ansible.executor.task_executor import TaskExecutor
from ansible.playbook import Playbook
from ansible.playbook.play_context import PlayContext
from ansible.plugins import loader as plugins
from ansible.template import Templar

if t.TYPE_CHECKING:
    from ansible.executor.task_queue_manager import FinalQueue


class _NoQueue:
    """Stands in for the queue to the strategy: a task without a loop or retries sends nothing."""


def is_known() -> bool:
    """Whether this release of Ansible has these parts as they are used here."""
    return bool(release.__version__.startswith("2.19."))


def run(argv: list[str]) -> dict[str, t.Any]:
    """Runs the only task of the playbook at the end of argv; its row, as the callback writes it."""
    task_context = importlib.import_module("ansible._internal._task").TaskContext
    cli = PlaybookCLI(argv)
    cli.parse()
    data, inventory, variables = cli._play_prereqs()
    [play] = Playbook.load(argv[-1], variable_manager=variables, loader=data).get_plays()
    play.post_validate(Templar(loader=data, variables=variables.get_vars(play=play)))
    [[task]] = [block.block for block in play.tasks]
    [host] = inventory.get_hosts(play.hosts)
    task_variables = variables.get_vars(play=play, host=host, task=task)
    queue = t.cast("FinalQueue", _NoQueue())
    with task_context(task):
        returned = TaskExecutor(
            host, task, task_variables, PlayContext(play), data, plugins, queue, variables
        ).run()
    raw = task_result._RawTaskResult(host, task, returned, task.dump_attrs())
    failed = "unreachable" if raw.is_unreachable() else "failed" if raw.is_failed() else "ok"
    return {
        "kind": failed,
        "task": task.get_name(),
        "host": host.get_name(),
        "result": raw.as_callback_task_result().result,
    }
