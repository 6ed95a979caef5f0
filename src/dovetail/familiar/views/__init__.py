"""What programs read of dovetail's objects by the other package's underscored names."""
