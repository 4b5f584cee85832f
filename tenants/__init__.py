"""The public schema: who our merchants are, which keys and members act for them, and how a request finds its merchant."""
