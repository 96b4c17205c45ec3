"""Evidence: what a result may be called, where its numbers come from, and where it is kept."""
