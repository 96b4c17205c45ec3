"""The door for a table that nobody foresaw: look at it, describe it, take it in.

`inspect` says what a file holds and drafts a settings file; the analyst completes it; `importing`
takes the table as the settings describe it. No code is written for the file, nothing is guessed.
"""
