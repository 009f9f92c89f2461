"""The notifier: tells people what the sync did, asked or could not do; once, and never in a flood."""
