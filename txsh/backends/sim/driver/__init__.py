"""What makes a node a file, a format or a filter; one file per driver."""
