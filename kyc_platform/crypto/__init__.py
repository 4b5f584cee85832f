"""Envelope encryption: a root key wraps merchant keys, those wrap customer keys, and those seal fields and objects.

`root` holds the first level, `sealing` all the others, `derive` and `blind_index` make keys and search terms of them.
"""
