"""The house of the merchants' data: customers, their documents, checks, reviews, events and webhooks. One schema per merchant."""
