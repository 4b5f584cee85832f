"""How a request or a task finds the one merchant it is about, enters its schema, and leaves it again."""
