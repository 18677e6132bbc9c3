"""Every block of code of the pages for people is run or validated."""

from __future__ import annotations

import collections
import re

import pytest

from tests.unit.support.blocks import PAGES, ROOT, STORIES, Block, check_block, read_blocks
from tests.unit.support.share import UNDER_ANSIBLE_TEST
from tests.unit.support.together import together

BLOCKS = [block for page in PAGES for block in read_blocks(page)]


@pytest.mark.skipif(UNDER_ANSIBLE_TEST, reason="of the checkout: it needs molecule")
@together("block", BLOCKS, ids=lambda block: block.place)
def test_every_block_is_tried(block: Block) -> None:
    assert check_block(block)


def test_the_stories_are_followed_on_hosts() -> None:
    text = (ROOT / "tests/integration/test_docs.py").read_text(encoding="utf-8")
    followed = set(re.findall(r"follow\(\s*\"([\w-]+\.md)\"", text))
    assert {f"docs/{page}" for page in followed} == STORIES


def test_the_blocks_are_found() -> None:
    counts = collections.Counter(block.language for block in BLOCKS)
    assert counts["yaml"] > 30
    assert counts["console"] > 15
    assert counts[""] > 20
