"""The search algorithms: numpy and scipy on plain data. Everything is minimised here."""
