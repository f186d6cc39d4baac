//! What stands below the flags in each help: how the command is used.

pub(super) const ALL: &str = "\
Exit codes: 0 ended well, 1 a job failed, 2 usage, file or environment wrong, 124 time limit,
130 interrupted, 70 a fault of pipeloom itself.

Start with:
  pipeloom new hello && cd hello && pipeloom run
  pipeloom help run";

pub(super) const RUN: &str = "\
Ctrl-C stops the sources and lets what is on its way run down; Ctrl-C again ends the run at once.
Ctrl-Z pauses the run until `fg`, with all its programs; no time limit goes on meanwhile.

Examples:
  pipeloom run                                      the network.toml of this folder
  pipeloom run voice.toml --param input=other.wav   with another value for a parameter
  pipeloom run --set jobs.save.args.path=out.csv    with another value anywhere in the file
  pipeloom run -v --time-limit 5m                   with what the jobs print, for 5 minutes at most
  pipeloom run --resume 0198c2                      goes on with a run that was killed
  pipeloom run --json | jq .event                   as lines of JSON; what jobs write to standard
                                                    output goes to standard error";

pub(super) const SEND: &str = "\
A line is sent when the job has room for it; until then this command waits. An empty line ends a job
of the kind `interactive`. `pipeloom run` says the id of a run that takes lines.

Examples:
  pipeloom send 0199a1 ask +               the line + for the job ask
  pipeloom send 0199a1 ask 'one line' two  two lines
  pipeloom send 0199a1 ask -- --slow       a line that looks like a flag
  pipeloom send ./voice-run ask < words    all lines of a file, to the run with this directory
  pipeloom send 0199a1 ask --end           no more lines";

pub(super) const SWEEP: &str = "\
A run that is killed leaves its socket and a record without an end, in which the run is then told to
be interrupted. Its programs and FIFOs are removed by the small process beside it; only if that is
killed too, or the machine goes down, they are left as well. Runs that go on, other users' runs and
results are not touched, nor what waits on disk for `pipeloom run --resume`.

Examples:
  pipeloom sweep               removes all that is left, and says what
  pipeloom sweep --dry-run     says what there is
  pipeloom sweep ./voice-run   of the run with this directory, as one started with --run-dir
  pipeloom sweep --json        for programs";

pub(super) const TRY: &str = "\
Without --block and --input, blocks are asked for, input by input; without a terminal, the lines of
standard input are taken in the same order.

A block is written as JSON (codecs json, bincode), as text (lines, stream), or in hexadecimal digits
(bytes, framed); a custom codec takes JSON, or else a text. `0x10 VALUE` sets bits of its head.

Examples:
  pipeloom try sum                                         asks for blocks, shows what comes of them
  pipeloom try network.toml sum --block a=1 --block b='0x10 2'
  pipeloom try network.toml level --input frames=frames.hex --json
  pipeloom try network.toml clock --steps 3                the first 3 blocks of a source
  pipeloom try network.toml --pipe words 'one text' 5      what these become on the pipe";

pub(super) const CHECK: &str = "\
Examples:
  pipeloom check                    all that is wrong with network.toml, at once
  pipeloom check --explain          how each pipe is realised, and why
  pipeloom check --json other.toml  for editors";

pub(super) const GRAPH: &str = "\
Examples:
  pipeloom graph                                 a tree in the terminal
  pipeloom graph --format svg -o network.svg     a picture for a talk
  pipeloom graph --format dot | dot -Tpdf        drawn by Graphviz";

pub(super) const JOBS: &str = "\
Examples:
  pipeloom jobs              all predefined jobs
  pipeloom jobs spectrum     what spectrum takes and sends
  pipeloom jobs --plugin libgains.so  what is in a plugin
  pipeloom jobs --json       for programs";

pub(super) const CODECS: &str = "\
Examples:
  pipeloom codecs            each with a sentence
  pipeloom codecs --json     for programs";

pub(super) const IMPORT: &str = "\
Nothing of the project is run. What could not be carried over, or only running the project would
tell, is said on standard error, each with its file and line.

Examples:
  pipeloom import marvelo demo/config.py -o network.toml  a project with its list of jobs
  pipeloom import marvelo -o network.toml --force net.xml a network in XML, over an older file
  pipeloom import marvelo demo/config.py | less           to look at first";

pub(super) const NEW: &str = "\
Examples:
  pipeloom new hello                       a network of three jobs that runs at once
  pipeloom new job loud --lang python      a job in Python, its test, and a network that uses it
  pipeloom new ./job                       a network that is called job";

pub(super) const NEW_JOB: &str = "\
Examples:
  pipeloom new job loud --lang python      a class in Python
  pipeloom new job jobs/loud --lang rust   a plugin called loud, in another folder";

pub(super) const SCHEMA: &str = "\
Examples:
  pipeloom schema > network.schema.json

Editors check and complete a network file whose first line names the schema:
  #:schema network.schema.json";

pub(super) const COMPLETIONS: &str = "\
Examples:
  pipeloom completions bash > ~/.local/share/bash-completion/completions/pipeloom
  pipeloom completions zsh > ~/.zfunc/_pipeloom
  pipeloom completions fish > ~/.config/fish/completions/pipeloom.fish";
