"""Job descriptions of other tools, turned into job files.

    text -> the tool it belongs to -> its importer -> Draft: a job document and what was said about each part

Nothing is guessed silently: what an importer takes over, approximates or cannot express is a note with its place.
"""

from scriptune.jobfile.importers.draft import Draft, ImportNote, NoteKind
from scriptune.jobfile.importers.formats import FORMATS, import_description

__all__ = ["FORMATS", "Draft", "ImportNote", "NoteKind", "import_description"]
