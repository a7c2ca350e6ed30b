"""The streaming node and the fleet that is made of it, measured."""
