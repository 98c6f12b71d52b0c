"""The rules of cancel=jobs and cancel=all when txsh runs the group; drives nothing."""
