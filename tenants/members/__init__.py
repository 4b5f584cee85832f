"""People: operators of the platform, and members of merchants."""
