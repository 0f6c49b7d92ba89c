"""fal's queue protocol, its client, and the rehearsal queue that speaks it. All HTTP stands here."""
