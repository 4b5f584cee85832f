"""The pages that a merchant's members work in."""
