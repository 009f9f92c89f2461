"""The ingress takes webhooks in: verified, durable in Kafka, answered."""
