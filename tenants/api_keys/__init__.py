"""The keys by which a merchant's server proves who it is, and what each may do."""
