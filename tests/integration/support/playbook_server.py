"""Runs ansible-playbook again and again without paying for its imports each time.

Every request is carried out by a fork that has imported Ansible already, and read the
documentation of the plugins that every run needs, and then is ansible-playbook itself: command
line, inventory, strategy and ssh are the real ones.
A request is one line of JSON on standard input: argv, env, cwd, output (a path); the
answer is one line with the exit status.

With "direct" in the request, the playbook has a single task, for a single host.  The fork parses
command line, inventory and playbook as ever, and then is the process that a strategy would start
for that task, without the strategy, queues and callbacks around it: a quarter of the time.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import typing as t
import warnings

import direct  # beside this file
from ansible import constants
from ansible.cli.playbook import PlaybookCLI
from ansible.plugins import loader

NEEDED = {
    loader.action_loader: ["ansible.builtin.normal", "quadlet.fleet.app"],
    loader.connection_loader: ["ssh"],
    loader.inventory_loader: constants.INVENTORY_ENABLED,
    loader.shell_loader: ["sh"],
    loader.strategy_loader: ["linear"],
}
"""Plugins of every run: their options are read from long documents of YAML."""


def _warm_up() -> None:
    loader.init_plugin_loader()
    warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
    for kind, names in NEEDED.items():
        for name in names:
            assert kind.get(name, class_only=True), name
    for kind in (loader.callback_loader, loader.vars_loader):
        assert list(kind.all(class_only=True))


def _run_task(request: dict[str, t.Any]) -> int:
    """Carries out the playbook's only task; writes its result as the callback "record" does."""
    row = direct.run(request["argv"])
    with open(os.environ["RECORD_FILE"], "w", encoding="utf-8") as stream:
        stream.write(json.dumps(row, default=str) + "\n")
    return 0 if row["kind"] == "ok" else 2


def _become_playbook(request: dict[str, t.Any]) -> t.NoReturn:
    """The child's whole life."""
    status = 250
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        sys.argv = request["argv"]
        try:
            if request["direct"] and direct.is_known():
                status = _run_task(request)
            else:
                PlaybookCLI.cli_executor(request["argv"])
                status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 251
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Serves until standard input ends."""
    _warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become_playbook(request)
        _pid, state = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(state)), flush=True)


if __name__ == "__main__":
    main()
