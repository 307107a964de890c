"""How settings are read: the environment, feeds.toml, and the words for what is wrong in them."""

import os

# To look for plugins pydantic reads the metadata of every installed package at each start; settings want none of them.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
