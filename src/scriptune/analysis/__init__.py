"""Analysis of searches: importance, history. numpy on plain data."""
