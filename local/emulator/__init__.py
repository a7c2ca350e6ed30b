"""The AWS emulator of the local stage: ministack, started with what it lacks.

ministack stays a dependency and is never forked. Each module here closes one gap between it and
AWS, is named after that gap, says in its docstring how AWS behaves and how upstream does, and is
deleted when upstream closes the gap. ``docs/local.md`` has the table.
"""
