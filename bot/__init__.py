"""The conversation: messages, the dialogue, the command line and the platforms."""
