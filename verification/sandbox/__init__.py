"""What only a sandbox has: a clock that its merchant moves, deliveries that go wrong on request, the grading of an endpoint."""
