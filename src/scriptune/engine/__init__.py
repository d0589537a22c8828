"""The verbs: everything that front ends call ends here."""
