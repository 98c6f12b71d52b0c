"""One file per kind of expectation, named after the words in the script: `check(session, step)`."""
