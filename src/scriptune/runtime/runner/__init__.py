"""Run one job step by step."""
