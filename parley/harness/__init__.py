"""The harness: real programs and scripted people in a scene, the wires between them, and bounded waits."""
