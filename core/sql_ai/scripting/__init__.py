"""Snowflake Scripting: blocks of DECLARE, BEGIN .. END with variables, branches, loops, cursors and exceptions.

``tokens`` and ``reading`` turn a block into the nodes of ``nodes``; ``running`` walks them. Every SQL statement and
every expression inside takes the ordinary path of a statement, so that limits, sandbox and model counts hold.
"""
