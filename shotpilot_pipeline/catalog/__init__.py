"""Model cards as data: parameters, limits, prices; and the schemas of every file format."""
