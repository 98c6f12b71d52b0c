"""One file per kind of step, named after its class: `run(session, step, statement)`."""
