"""The operators' commands: one module each, gathered into one typer app in ``__main__``."""
