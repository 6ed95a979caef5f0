"""Small tools that the other package keeps for itself and programs have come to use."""
