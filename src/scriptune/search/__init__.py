"""The search algorithms: numpy on plain data. Everything is minimised here."""
