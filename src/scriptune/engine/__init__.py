"""The engine: the verbs that all front ends call."""
