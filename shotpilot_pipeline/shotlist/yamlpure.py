"""PyYAML's parser in Python, for a PyYAML built without libyaml. Yields the same events, with the same marks."""

from __future__ import annotations

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PureParser(Reader, Scanner, Parser):
    """Reader, scanner and parser in one, as PyYAML's loaders join them; `get_event` gives None at the end."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
