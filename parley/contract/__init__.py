"""What the other packages speak: typed data that crosses a process or a file."""
