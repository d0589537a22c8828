"""The REST API, a thin layer over the engine."""
