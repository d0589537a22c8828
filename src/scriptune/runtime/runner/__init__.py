"""One job, step by step."""
