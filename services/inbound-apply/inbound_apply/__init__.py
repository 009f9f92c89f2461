"""KeyCRM → VMS: marks what KeyCRM says, finds what it never says, writes VMS."""
