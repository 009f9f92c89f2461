"""VMS → KeyCRM: keeps what VMS tells, and writes KeyCRM inside its quota."""
