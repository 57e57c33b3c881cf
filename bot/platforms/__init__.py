"""Where people write from. Each module translates between one platform and the dialogue, and does nothing else."""
