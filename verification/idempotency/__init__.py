"""The room of repeated requests: what was asked under a key, whether it took effect, and what was answered."""
