"""A small shop to protect: a launch page, products, a cart, and checkout with a limited stock."""
