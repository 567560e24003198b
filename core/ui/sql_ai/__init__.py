"""The parts of the SQL AI Playground page, one noun a module."""
