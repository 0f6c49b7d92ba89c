"""Pages on which takes are looked at: the contact sheet."""
