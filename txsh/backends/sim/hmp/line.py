"""A line of the human monitor: its command's name, its words, and what QEMU says to those that do not fit.

Knows no command. Source: QEMU monitor/hmp.c (get_command_name, get_str, monitor_parse_arguments).
"""

from __future__ import annotations

NAME_LENGTH_MAX = 255
WORD_LENGTH_MAX = 1023
_SPACES = " \t\n\v\f\r"
_ESCAPES = {"n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


class Refused(Exception):
    """The line does not fit the command; the message is what the monitor prints first."""


class Line:
    """A line and how far it is read.

    Attributes:
        text: the whole line.
        at: where the unread part begins.
    """

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        # C's strings end at the first NUL.
        self.text = text.partition("\0")[0]
        self.at = 0

    def rest(self) -> str:
        """What is unread, without the space before it."""
        self.skip_space()
        return self.text[self.at :]

    def skip_space(self) -> None:
        """Go to the next word."""
        while self.at < len(self.text) and self.text[self.at] in _SPACES:
            self.at += 1

    def name(self) -> str | None:
        """The next word as the name of a command, which a slash ends, too; None at the end."""
        self.skip_space()
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _SPACES and self.text[self.at] != "/":
            self.at += 1
        return self.text[start : self.at][:NAME_LENGTH_MAX] if start < len(self.text) else None

    def word(self) -> str | None:
        """The next word, which may stand in double quotes; None when there is none or it is malformed."""
        self.skip_space()
        if self.at == len(self.text):
            return None
        if self.text[self.at] == '"':
            return self._quoted()
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _SPACES:
            self.at += 1
        return self.text[start : self.at][:WORD_LENGTH_MAX]

    def option(self, letter: str, command: str) -> bool:
        """Whether an option of one letter comes next, which then is read.

        Raises:
            Refused: another option comes.
        """
        self.skip_space()
        if not self.text.startswith("-", self.at):
            return False
        found = self.text[self.at + 1 : self.at + 2]
        if found != letter:
            # The letter that is not there is a NUL, which ends the text that QEMU prints.
            raise Refused(f"{command}: unsupported option -{found}" + ("\n" if found else ""))
        self.at += 2
        return True

    def end(self, command: str) -> None:
        """Take nothing more.

        Raises:
            Refused: there is more.
        """
        if self.rest():
            raise Refused(f"{command}: extraneous characters at the end of line\n")

    def _quoted(self) -> str | None:
        found: list[str] = []
        at = self.at + 1
        while at < len(self.text) and self.text[at] != '"':
            letter = self.text[at]
            if letter == "\\":
                at += 1
                escaped = _ESCAPES.get(self.text[at : at + 1])
                if escaped is None:
                    return None
                letter = escaped
            found.append(letter)
            at += 1
        if at == len(self.text):
            return None
        self.at = at + 1
        return "".join(found)[:WORD_LENGTH_MAX]
