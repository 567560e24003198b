"""The parts of the Experiment Browser page, one module a view."""
