"""Views of a running search in the terminal: a live table, plain lines, or JSON events."""
