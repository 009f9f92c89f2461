"""The console's web pages: rendered here, live without reloading, in Ukrainian and English."""
