"""Use cases, one module per function: what happens between a request and its answer.

The handlers call one function of these each. They know the recommender and the schemas, and
the outside world only through the protocols of :mod:`services.ports`, which the adapters
fulfil and the tests fake. No boto3, no clock, no environment.
"""
