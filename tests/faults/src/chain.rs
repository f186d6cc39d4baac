//! Blocks, and networks that take them from a source to a sink.

use crate::case::Case;

/// What a FIFO holds, in bytes, unless the file says otherwise.
const CAPACITY: u64 = 64 * 1024;

/// What the villain `record` reads at once, in bytes.
const AT_ONCE: u64 = 64 * 1024;

/// What the runtime has counted as delivered and may not have written yet, in bytes: it writes whole batches.
const BATCH: u64 = 64 * 1024;

/// What a pipe of the runtime's own holds for one of several readers, in bytes.
const SCRATCH: u64 = CAPACITY;

/// What waits in the runtime for a reader, in bytes and in blocks, unless the file says otherwise.
const QUEUE: u64 = 4 << 20;
const QUEUE_BLOCKS: u64 = 1024;

/// The most that is waited for before something is done to a run, in bytes, and in blocks.
const FAR: u64 = 8 << 20;
const MANY: u64 = 20_000;

/// What blocks are like: see the villain's `shape`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocks {
    /// The length of the shortest payload, in bytes, and of the longest.
    pub sizes: (u64, u64),
    /// Whether there is a length before each.
    pub framed: bool,
    /// Whether there is a head before each.
    pub head: bool,
}

impl Blocks {
    /// Blocks of one size.
    pub const fn of(size: u64) -> Blocks {
        Blocks { sizes: (size, size), framed: false, head: false }
    }

    /// Blocks of many sizes.
    pub const fn between(from: u64, to: u64) -> Blocks {
        Blocks { sizes: (from, to), framed: true, head: false }
    }

    /// The same with heads.
    pub const fn with_heads(self) -> Blocks {
        Blocks { head: true, ..self }
    }

    /// Some of those that have come out differently before: tiny, around what the kernel writes at once, and large ones.
    pub fn random(case: &Case) -> Blocks {
        let kinds = [
            Blocks::of(8),
            Blocks::of(1000),
            Blocks::of(4097),
            Blocks::of(65536),
            Blocks::between(8, 100),
            Blocks::between(8, 5000),
            Blocks::between(1000, 150_000),
        ];
        case.pick(&kinds)
    }

    /// The keys of a job's table that make it a source of such blocks, with these settings besides.
    pub fn source(self, name: &str, settings: &[&str]) -> String {
        self.villain("issue", &format!("account={name}.issued"), settings)
    }

    /// The keys of a job's table that make it a sink for them, with these settings besides.
    pub fn sink(self, name: &str, settings: &[&str]) -> String {
        self.villain("record", &format!("account={name}.seen"), settings)
    }

    /// The keys of a pipe's table for them.
    pub fn pipe(self) -> String {
        let Blocks { sizes: (_, to), framed, .. } = self;
        if framed { "codec = \"framed\"".to_owned() } else { format!("codec = \"bytes\"\nblock_size = {to}") }
    }

    /// The most blocks that a sink may have read, but not have looked at.
    pub const fn in_hand(self) -> u64 {
        AT_ONCE / self.sizes.0 + 1
    }

    /// The most blocks that a sink may have been given, but not have looked at.
    pub const fn on_their_way(self) -> u64 {
        (CAPACITY + SCRATCH + AT_ONCE + BATCH) / self.sizes.0 + 3
    }

    /// The most blocks that may be anywhere between their writer and a reader, with what the reader has not looked at: in their two
    /// pipes and the queue between them.
    pub const fn between_two(self) -> u64 {
        let queue = QUEUE / self.sizes.0 + 2;
        2 * self.on_their_way() + if queue < QUEUE_BLOCKS { queue } else { QUEUE_BLOCKS }
    }

    /// A moment in the life of who writes them: how many bytes it has written.
    pub fn progress(self, case: &Case) -> u64 {
        case.up_to(FAR.min(self.mean() * MANY))
    }

    /// How long they are on the average.
    const fn mean(self) -> u64 {
        self.sizes.0.midpoint(self.sizes.1)
    }

    fn villain(self, deed: &str, account: &str, settings: &[&str]) -> String {
        let Blocks { sizes: (from, to), framed, head } = self;
        let sizes = format!("sizes={from}-{to}");
        let mut words = vec!["villain", deed, &sizes, account];
        words.extend(framed.then_some("framed=1"));
        words.extend(head.then_some("head=1"));
        words.extend(settings);
        format!("exec = {words:?}\nhead = {head}")
    }
}

/// What stands between a source and its sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Middle {
    /// Nobody: the pipe is the kernel's.
    Direct,
    /// The runtime.
    Relay,
    /// The runtime, which has a second sink, `other`, and hands on large blocks as they come.
    Fan,
    /// The same, whole blocks alone.
    WholeFan,
    /// A job of the runtime, `pass`.
    Native,
    /// A program, `pass`, with nobody in between.
    Program,
}

impl Middle {
    /// All of them.
    pub const ALL: [Middle; 6] =
        [Middle::Direct, Middle::Relay, Middle::Fan, Middle::WholeFan, Middle::Native, Middle::Program];

    /// Those in which the runtime sees every block.
    pub const SEEN: [Middle; 4] = [Middle::Relay, Middle::Fan, Middle::WholeFan, Middle::Native];
}

/// A network with a `source` and a `sink`, both villains, and something between them.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What goes through it.
    pub blocks: Blocks,
    /// What stands in between.
    pub middle: Middle,
    source: Vec<String>,
    sink: Vec<String>,
    source_keys: String,
    sink_keys: String,
    pipe_keys: String,
    drain: u64,
    is_halted: bool,
}

impl Chain {
    /// Such a network.
    pub const fn new(blocks: Blocks, middle: Middle) -> Chain {
        Chain {
            blocks,
            middle,
            source: Vec::new(),
            sink: Vec::new(),
            source_keys: String::new(),
            sink_keys: String::new(),
            pipe_keys: String::new(),
            drain: 30,
            is_halted: false,
        }
    }

    /// Any such network.
    pub fn random(case: &Case) -> Chain {
        Chain::new(Blocks::random(case), case.pick(&Middle::ALL))
    }

    /// Any such network in which the runtime sees every block.
    pub fn seen(case: &Case) -> Chain {
        Chain::new(Blocks::random(case), case.pick(&Middle::SEEN))
    }

    /// Another setting of the source.
    pub fn source(mut self, setting: impl Into<String>) -> Chain {
        self.source.push(setting.into());
        self
    }

    /// Another setting of the sink.
    pub fn sink(mut self, setting: impl Into<String>) -> Chain {
        self.sink.push(setting.into());
        self
    }

    /// More lines in the source's table.
    pub fn source_keys(mut self, lines: &str) -> Chain {
        self.source_keys += lines;
        self
    }

    /// More lines in the sink's table, and in that of the other sink.
    pub fn sink_keys(mut self, lines: &str) -> Chain {
        self.sink_keys += lines;
        self
    }

    /// More lines in the table of the pipe that leads into the sink.
    pub fn pipe_keys(mut self, lines: &str) -> Chain {
        self.pipe_keys += lines;
        self
    }

    /// Sinks halt themselves before they begin.
    pub const fn halted(mut self) -> Chain {
        self.is_halted = true;
        self
    }

    /// The time that what the source has written is given to arrive, in seconds, instead of one that is long enough for all.
    pub fn draining(self, seconds: u64) -> Chain {
        Chain { drain: seconds, ..self }
    }

    /// A moment in the life of the source: how many bytes it has written.
    pub fn progress(&self, case: &Case) -> u64 {
        self.blocks.progress(case)
    }

    /// So many blocks that it takes a while, and no more.
    pub fn count(&self, case: &Case) -> u64 {
        let most = (FAR / self.blocks.mean()).min(MANY);
        case.number(most / 2..=most)
    }

    /// The pipe that leads into the sink.
    pub const fn last(&self) -> &'static str {
        match self.middle {
            Middle::Direct | Middle::Relay | Middle::Fan | Middle::WholeFan => "a",
            Middle::Native | Middle::Program => "b",
        }
    }

    /// Its sinks.
    pub const fn sinks(&self) -> &'static [&'static str] {
        match self.middle {
            Middle::Fan | Middle::WholeFan => &["sink", "other"],
            _ => &["sink"],
        }
    }

    /// The pipes that the runtime sees, each with a reader.
    pub const fn legs(&self) -> &'static [(&'static str, &'static str)] {
        match self.middle {
            Middle::Direct | Middle::Program => &[],
            Middle::Relay => &[("a", "sink")],
            Middle::Fan | Middle::WholeFan => &[("a", "sink"), ("a", "other")],
            Middle::Native => &[("a", "pass"), ("b", "sink")],
        }
    }

    /// Whether blocks go on before all of them is there, so that a sink may get a part of the last one.
    pub const fn hands_on_parts(&self) -> bool {
        matches!(self.middle, Middle::Direct | Middle::Fan | Middle::Program)
    }

    /// The network's file.
    pub fn toml(&self) -> String {
        let Chain { blocks, middle, source_keys, sink_keys, pipe_keys, drain, .. } = self;
        let source: Vec<&str> = self.source.iter().map(String::as_str).collect();
        let sink: Vec<&str> = self.sink.iter().map(String::as_str).collect();
        let last = self.last();
        let mut toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\nstop.drain_seconds = {drain}\n{source_keys}\n",
            blocks.source("source", &source)
        );
        toml += match middle {
            Middle::Direct | Middle::Relay | Middle::Fan | Middle::WholeFan => "",
            Middle::Native => "[jobs.pass]\nuse = \"forward\"\ninputs = [\"a\"]\noutputs = [\"b\"]\n",
            Middle::Program => "[jobs.pass]\nexec = [\"villain\", \"forward\"]\ninputs = [\"a\"]\noutputs = [\"b\"]\n",
        };
        for name in self.sinks() {
            let mut keys = blocks.sink(name, &sink);
            if self.is_halted {
                keys = keys.replacen("\"record\"", "\"halted\", \"record\"", 1);
            }
            toml += &format!("[jobs.{name}]\n{keys}\ninputs = [\"{last}\"]\n{sink_keys}\n");
        }
        let is_whole = matches!(middle, Middle::Relay | Middle::WholeFan);
        let conduit = if is_whole { "conduit = \"relay\"\n" } else { "" };
        if last == "b" {
            toml += &format!("[pipes.a]\n{}\n", blocks.pipe());
        }
        toml += &format!("[pipes.{last}]\n{}\n{conduit}{pipe_keys}\n", blocks.pipe());
        toml
    }
}
