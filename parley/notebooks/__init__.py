"""The notebooks: what their cells call, the lab that runs them, and the book made from them."""
