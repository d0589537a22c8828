"""Run trials: from params to a command, a process group and an exit status."""
