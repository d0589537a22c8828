"""The REST API: thin over the engine."""
