"""What runs in the account beside the platform: the canary and the rollback of a model."""
