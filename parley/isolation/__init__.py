"""Isolation on Linux: a sandbox for each program, a network for each test."""
