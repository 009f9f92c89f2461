"""Decisions only the console makes: who may do what, what a person is shown, what an answer or a replay means."""
