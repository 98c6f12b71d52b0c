"""What ``txsh --help`` prints."""

from __future__ import annotations

SHORT = """\
usage: txsh [-b BACKEND] [--format text|json] -c TEXT
       txsh [-b BACKEND] [--format text|json] run FILE... | -
       txsh serve --socket PATH [--profile VERSION] [--program qemu-system|qsd] [-- ARGUMENT...]
       txsh help [VERB ...]
       txsh --help | --version
"""

LONG = (
    SHORT
    + """
txsh runs scripts about QEMU's block-layer transactions, on a simulated or a real QEMU.

  -c TEXT             run TEXT in a small world: drive0 and drive1, 64M each, with a bitmap b0 on both
  run FILE...         run script files, each on a QEMU of its own that starts empty; - is standard input
  serve               the simulated QEMU on a socket, for any QMP client; quit or Ctrl-C ends it;
                      ARGUMENT... is its own command line: -- -blockdev null-co,node-name=d,size=67108864
  help [VERB ...]     the verbs of the language, or all about one

  -b, --backend NAME  sim (default), sim:VERSION  a simulated QEMU; needs nothing installed
                      qemu                       a throw-away qemu-system
                      qsd                        a throw-away qemu-storage-daemon
                      qmp:PATH, qmp:HOST:PORT    a running QEMU, by its QMP socket (docs/real-qemu.md)
  --qemu PATH         the QEMU to launch: a binary, or the folder of a build
  --wrapper COMMAND   launch it under a command: --wrapper 'gdb --args'
  --keep              leave the folder of a launched QEMU behind, with its images
  --yes               go on where a running QEMU would lose something that it had before
  --format text       the story of the run (default)
  --format json       one object a script, one a line: txsh-trace/1, see docs/trace.md
  --socket PATH       where to serve; --profile 7.2 and --program qsd say what
  --as-is             send what would crash this QEMU, hang it or do silent damage (docs/defects.md)
  --debug             show where txsh is at fault, if it is
  -h, --help          this text
  --version           the version of txsh

Exit codes: 0 passed; 1 an expectation failed, or something failed that nobody expected;
2 the script or the command line is wrong; 3 the backend could not be reached, was lost, or has no
model of what was asked; 4 txsh itself is at fault; 129, 130, 143 on SIGHUP, Ctrl-C, SIGTERM.

Try: txsh -c 'transaction cancel=all < backup drive0; bitmap-clear drive1.b0 >'
"""
)
