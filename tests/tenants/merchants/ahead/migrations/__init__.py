"""Migrations that no merchant has yet, put in the place of `reporting`'s: SQL, then Python, then SQL that one merchant refuses."""
