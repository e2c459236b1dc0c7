"""The harness: real programs and people who meet in a scene, and every wait, wire and end between them."""
