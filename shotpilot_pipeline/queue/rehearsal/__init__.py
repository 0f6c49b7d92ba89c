"""The rehearsal queue: speaks fal's queue protocol, bills nothing, and draws slates for pictures."""
