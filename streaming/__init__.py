"""The nginx node of the streaming fleet: its configuration and its first boot, as templates."""
