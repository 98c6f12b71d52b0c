"""What a script can say: one file per verb."""
