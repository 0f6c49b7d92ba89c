"""Problems told: as text with the line they are about, and in the forms that editors and servers read."""
