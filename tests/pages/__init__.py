"""Pages and fragments of documentation that are made from tables in the code."""

from __future__ import annotations

import functools
import typing as t

from tests.pages.benchmark_plots import PLOTS
from tests.pages.benchmarks import benchmarks_page
from tests.pages.coming import EXAMPLES, coming_page
from tests.pages.compose_keys import compose_keys_page
from tests.pages.conversion import conversion_page
from tests.pages.keys import keys_fragment, keys_page
from tests.pages.lint import lint_page
from tests.pages.matrix import matrix_page
from tests.pages.messages import messages_page
from tests.pages.pictures import PICTURES
from tests.pages.returns import RETURNS, plugin_with_return

PAGES: dict[str, t.Callable[[], str]] = {
    "docs/benchmarks.md": benchmarks_page,
    "docs/compose-keys.md": compose_keys_page,
    "docs/conversion.md": conversion_page,
    "docs/keys.md": keys_page,
    "docs/lint.md": lint_page,
    "plugins/doc_fragments/_keys.py": keys_fragment,
    "docs/matrix.md": matrix_page,
    "docs/messages.md": messages_page,
    **PICTURES,
    **PLOTS,
    **{f"docs/{page}": functools.partial(coming_page, page) for page in EXAMPLES},
    **{f"plugins/{plugin}": functools.partial(plugin_with_return, plugin) for plugin in RETURNS},
}
"""Each file and the function that makes its text."""
