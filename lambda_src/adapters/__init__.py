"""All I/O: DynamoDB, S3, Kinesis, secrets, settings, logs and metrics."""
