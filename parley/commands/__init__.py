"""The commands, a function each: what a student types, who teaches, and who gives something out."""
