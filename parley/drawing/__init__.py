"""Drawing: a record as a picture in space and time, as SVG."""
