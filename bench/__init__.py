"""Measurements behind every claim about speed, memory and quality."""
