"""The foundation: what every house stands on, with no tables of its own."""
