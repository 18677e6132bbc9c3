"""Settings of Sphinx for the documentation's site; tests/build-docs assembles its sources."""

from __future__ import annotations

import re
import typing as t

from docutils import nodes

project = "quadlet.fleet"
author = "quadlet.fleet contributors"
copyright = author  # noqa: A001 -- the name that Sphinx reads

extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
html_title = "quadlet.fleet"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
nitpicky = True
myst_heading_anchors = 4
pygments_style = "friendly"


OF_ANSIBLE = re.compile(
    r"ansible_collections\.ansible\.|\w+_plugins$|ansible_configuration_settings$"
    r"|common_return_values$|ANSIBLE_"
)
"""Anchors of Ansible's own documentation, which is not read: nothing is fetched."""


def _leave_as_text(_app: t.Any, _env: t.Any, node: nodes.Element, text: nodes.Node) -> t.Any:
    """References into Ansible's own documentation stay text."""
    if OF_ANSIBLE.match(str(node.get("reftarget", ""))):
        return text
    return None


def setup(app: t.Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _leave_as_text)
