"""How ``roles.py`` and ``sections.py`` find the structure of a meeting: each kind of evidence, and its weights."""
