"""What the notifier answers over HTTP beside the hub."""
