"""One thin file per function: parse, call one use case, respond. :mod:`handlers.http` is what
the API's functions share, :mod:`handlers.openapi` describes them all.
"""
