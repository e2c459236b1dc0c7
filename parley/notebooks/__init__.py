"""The notebooks: what their cells call, the lab in which they run, the book that is made of them."""
