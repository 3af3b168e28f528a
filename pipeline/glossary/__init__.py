"""The words of a city, of a council and of an item: found in papers, kept where people edit them, spent where they help.

papers ─► proposing ─► book (glossary.toml) ─► worth ─► the recogniser's hints
the desk ─► lessons ──┘                └─► correcting ─► changes on record, each of which can be taken back
"""
