"""Methods: arrays or frames in, a frozen result out. No input or output, no text, no charts."""
