"""What the bot decides to say: a pure step from state and message to state and replies, and the lock around it."""
