"""Merchants: their rows, their states, the opening of their schemas and their keys."""
