"""Types of databases that dovetail does not speak to: programs name them beside their own."""
