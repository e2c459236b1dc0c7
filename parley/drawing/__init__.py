"""The views: a record told as a story or drawn as a picture, and programs shown beside each other."""
