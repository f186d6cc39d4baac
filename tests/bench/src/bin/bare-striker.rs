//! Reads signed blocks and kills whoever signs them, at random moments; takes the time until somebody else signs.

use std::{fs::File, io, process::ExitCode, thread, time::Duration};

use clap::Parser;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use fastrand::Rng;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pipeloom_bench::{
    blocks::BlockReader,
    clock::monotonic_ns,
    flags::{BlockFlags, InputFlags, ReportFlags, exit_code},
    report::Report,
    signature::signer,
};

/// Nobody is left alone for longer than this after their first block.
const LONGEST_LIFE: Duration = Duration::from_millis(100);

/// Kills whoever signs blocks.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    blocks: BlockFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    report: ReportFlags,
    /// How many are killed.
    #[arg(long)]
    kills: usize,
    /// The same moments for the same number.
    #[arg(long)]
    seed: u64,
}

/// The first block that one process has signed.
struct Life {
    signer: u32,
    first_ns: u64,
}

fn main() -> ExitCode {
    exit_code("bare-striker", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    // Open until the report is there: whoever starts signers anew takes a broken pipe without a report for one more death.
    let mut reader = BlockReader::new(flags.input.open()?, flags.blocks.frame(), flags.blocks.batch());
    let (lives, begun) = unbounded();
    let recoveries_ns = thread::scope(|threads| {
        let hand = threads.spawn(|| strike(&begun, flags.kills, Rng::with_seed(flags.seed)));
        let watched = watch(&mut reader, lives, || hand.is_finished());
        let struck = hand.join().map_err(|_| io::Error::other("the thread that strikes panicked"))?;
        watched.and(struck)
    })?;
    let report = Report { count: recoveries_ns.len() as u64, recoveries_ns, ..Report::default() };
    report.publish(flags.report.path())
}

/// Tells of each new signer, until all is over.
fn watch(reader: &mut BlockReader<File>, lives: Sender<Life>, is_over: impl Fn() -> bool) -> io::Result<()> {
    let mut last = None;
    while !is_over()
        && let Some(blocks) = reader.read()?
    {
        let first_ns = monotonic_ns()?;
        for block in blocks.iter() {
            let signer = signer(block.payload).ok_or_else(|| io::Error::other("no room for a signature"))?;
            if last.replace(signer) != Some(signer) && lives.send(Life { signer, first_ns }).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Kills one signer after the other, each a while after its first block. Gives the times, in nanoseconds, until the next one's.
fn strike(begun: &Receiver<Life>, kills: usize, mut random: Rng) -> io::Result<Vec<u64>> {
    let next = || begun.recv().map_err(|_| io::Error::other("the stream ended before all was done"));
    let mut life = next()?;
    let mut recoveries_ns = Vec::with_capacity(kills);
    while recoveries_ns.len() < kills {
        let moment = LONGEST_LIFE.mul_f64(random.f64());
        match begun.recv_timeout(moment) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(_) => return Err(io::Error::other("somebody else signs though nobody was killed")),
            Err(RecvTimeoutError::Disconnected) => return next().map(|_| Vec::new()),
        }
        let struck_ns = monotonic_ns()?;
        kill(Pid::from_raw(life.signer.cast_signed()), Signal::SIGKILL)?;
        life = next()?;
        recoveries_ns.push(life.first_ns.saturating_sub(struck_ns));
    }
    Ok(recoveries_ns)
}
