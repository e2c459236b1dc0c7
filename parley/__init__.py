"""Parley: a workbook in which a chat is built in five stages, and the tool that checks it."""

__version__ = "0.1.0"
