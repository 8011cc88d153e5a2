"""HTML and SVG as trees of elements: text is text by construction, however it looks.

No markup is ever made of strings, so nothing that a run has recorded of others can become a tag or an attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from simulator.trace.drawings.plain import plain

Content = Element | str


def make(tag: str, attributes: Mapping[str, str | float] | None = None, *content: Content) -> Element:
    """An element with its content. Numbers are rounded to tenths, which no drawing shows."""
    element = Element(tag, {name: _value(value) for name, value in (attributes or {}).items()})
    for each in content:
        add(element, each)
    return element


def add(element: Element, content: Content) -> None:
    """Append content to an element. Characters that a page must not hold are replaced; lines stay lines."""
    if isinstance(content, Element):
        element.append(content)
        return
    text = "\n".join(map(plain, content.split("\n")))
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def add_all(element: Element, contents: Iterable[Content]) -> Element:
    """The element, with all content appended."""
    for content in contents:
        add(element, content)
    return element


def _value(value: str | float) -> str:
    return plain(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
