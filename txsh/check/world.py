"""The world that ``txsh -c`` and the prompt start with, as a text in the language itself."""

from __future__ import annotations

NAME = "<world>"
"""What messages call the text."""

TEXT = """\
drive drive0 64M
drive drive1 64M
bitmap-add drive0.b0
bitmap-add drive1.b0
write drive0 0+1M
write drive0 8M+128K
write drive1 1M+64K
write drive1 32M+1M
"""
