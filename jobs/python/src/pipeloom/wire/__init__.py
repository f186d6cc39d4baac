"""The ends of the pipes: reading blocks, writing them."""
