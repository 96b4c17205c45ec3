"""The types under which a notebook emits its outputs."""

SCHEMA = 1
MIME = "application/vnd.ebpm.{}+json"
