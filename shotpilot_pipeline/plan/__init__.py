"""What is cached, what will be bought, why, and for how much. Pure: it is told what exists."""
