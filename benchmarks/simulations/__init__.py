"""Simulations of the methods under their own assumptions: one module a topic."""
