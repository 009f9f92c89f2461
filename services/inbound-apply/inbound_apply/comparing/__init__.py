"""The comparison: both sides of every bound record are laid beside each other, in turn, and what differs is told."""
