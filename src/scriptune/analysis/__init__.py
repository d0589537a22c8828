"""What a finished search tells: importance, history. numpy on plain data."""
