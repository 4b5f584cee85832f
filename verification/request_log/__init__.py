"""The room of the request log: what each key has asked for, without bodies or personal data, kept for thirty days."""
