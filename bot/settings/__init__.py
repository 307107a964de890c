"""How settings are read: the environment, feeds.toml, and the words for what is wrong in them."""
