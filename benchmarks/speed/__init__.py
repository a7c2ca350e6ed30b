"""How fast and how large: a made world, one request in steps, and how fitting grows."""
