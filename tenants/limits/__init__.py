"""How much each key, merchant, end user and address may ask for: plans, one script in Redis that counts, and what is refused."""
