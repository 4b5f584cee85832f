"""What only a sandbox has: a clock that its merchant moves, and deliveries that go wrong on request. Live data never reads these tables."""
