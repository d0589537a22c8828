"""The verbs: everything that faces call ends here."""
