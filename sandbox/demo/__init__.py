"""A scripted day in a shop and its warehouse, played on the two sandbox systems and watched on the other side."""
