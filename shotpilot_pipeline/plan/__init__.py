"""The plan: told what exists and what was picked, it says what would be bought, why, and for how much. Pure."""
