"""Slates: what a rehearsal brings in place of pictures. Drawn with Pillow alone; the same words, the same bytes."""
