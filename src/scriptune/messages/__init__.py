"""Messages: errors, warnings, notices and reasons as a code with parameters.

A `Message` is its English sentence, so it goes wherever a string goes, and it keeps the code and the parameters it was
made of. They are what is stored and sent, and each front end renders its language from the catalogues (``en.toml``,
``zh.toml``), which have the same codes with the same parameters. No one has to read a sentence to know what it says.
"""

from scriptune.messages.catalogue import LANGUAGES, codes, render
from scriptune.messages.message import (
    Message,
    clauses,
    counted,
    did_you_mean,
    lines,
    message_from_json,
    message_to_json,
    sentences,
)

__all__ = [
    "LANGUAGES",
    "Message",
    "clauses",
    "codes",
    "counted",
    "did_you_mean",
    "lines",
    "message_from_json",
    "message_to_json",
    "render",
    "sentences",
]
