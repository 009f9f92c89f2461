"""Decisions only the notifier makes: who is told, in which words, how many messages at a time."""
