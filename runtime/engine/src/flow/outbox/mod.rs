//! All outputs of one native job: the [`Emit`] that its steps are given.
//!
//! Blocks are gathered into a batch for each leg (each reader of each output) and handed over when the batch is large
//! enough, or when [`Outbox::flush`] is called because the job or its thread is about to wait. The block emitted last
//! stays here until the step has returned: only then is known whether it is the stream's last, which must carry the
//! finished bit.
//!
//! While one leg is full all others are still served, so that readers that depend on each other cannot starve.
//!
//! What is emitted has the epoch of the step's compute block. A batch has one epoch: what is gathered of the one before counts
//! as a full batch. An output that is numbered by itself begins again at 1 with each epoch.

mod held;
mod port;

use pipeloom_job::batch::LARGE_BYTES;
use pipeloom_job::burst::{Filled, Lender, Lent, Numbering, Stamp};
use pipeloom_job::pool::PoolBuffer;
use pipeloom_job::step::NOTHING_RESERVED;
use pipeloom_job::{Block, Emit, Head, Pool, Port, Report, Seq, Stopped};
use pipeloom_os::doorbell::Interest;
use smallvec::SmallVec;

use self::held::Held;
pub(crate) use self::port::{Leg, OutPort};
use super::patience::Patience;
use super::{Controls, Ending, FlowError, Interests, Outlet, Put};

/// All outputs of one native job.
pub(crate) struct Outbox {
    /// The job's own first, then perhaps one for its times.
    ports: Vec<OutPort>,
    /// How many of them are the job's own.
    own: usize,
    empty: Head,
    controls: Controls,
    pool: Pool,
    step: Stamp,
    /// The epoch of what is emitted.
    epoch: u32,
    reserved: Option<(Port, Place)>,
    /// What a large block is written into between its reservation and its commit.
    buffer: Option<PoolBuffer>,
    /// The same for a block that nobody will read.
    nowhere: Vec<u8>,
    /// What went wrong on a pipe while the job was inside a step; its calls only see [`Stopped`].
    error: Option<FlowError>,
}

/// A step has emitted several blocks or none on an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Uneven {
    /// Which output.
    pub(crate) port: usize,
    /// How many.
    pub(crate) blocks: u64,
}

/// Where a reserved block is being written.
#[derive(Clone, Copy)]
enum Place {
    /// In this leg's batch.
    Batch(usize),
    /// In the buffer.
    Buffer,
    /// Nobody will read it.
    Nowhere,
}

impl Outbox {
    pub(crate) fn new(ports: Vec<OutPort>, controls: Controls, empty: Head) -> Outbox {
        Outbox {
            own: ports.len(),
            ports,
            empty,
            controls,
            pool: Pool::new(),
            step: Stamp { head: empty, number: None },
            epoch: 0,
            reserved: None,
            buffer: None,
            nowhere: Vec::new(),
            error: None,
        }
    }

    /// One more reader of an output.
    pub(crate) fn add_leg(&mut self, port: usize, leg: Leg) {
        self.ports[port].add(leg);
    }

    /// With an output for [`Outbox::log`], of which the job knows nothing.
    pub(crate) fn with_times(mut self, port: OutPort) -> Outbox {
        self.ports.push(port);
        self
    }

    /// What is emitted from now on belongs to this epoch.
    #[inline]
    pub(crate) fn set_epoch(&mut self, epoch: u32) {
        if epoch != self.epoch {
            self.begin_epoch(epoch);
        }
    }

    #[cold]
    fn begin_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
        self.ports.iter_mut().for_each(|port| port.begin_epoch(epoch));
    }

    /// A step begins; `head` is its reduced head.
    #[inline]
    pub(crate) fn begin(&mut self, head: Head, number: Option<Seq>) {
        self.step = Stamp { head, number };
        // Most jobs have one output or none: a loop over any number would take longer to set up than to run.
        match self.ports.as_mut_slice() {
            [] => {}
            [port] => port.numbering.begin(head),
            ports => ports.iter_mut().for_each(|port| port.numbering.begin(head)),
        }
    }

    /// Whether anything went wrong on a pipe.
    pub(crate) fn has_error(&self) -> bool {
        self.error.is_some()
    }

    /// What went wrong inside the last step, if anything.
    pub(crate) fn take_error(&mut self) -> Option<FlowError> {
        self.error.take()
    }

    /// Whether a burst can do most by itself: there is no output, or one with one reader.
    #[inline]
    pub(crate) fn suits_bursts(&self) -> bool {
        match self.ports.as_slice() {
            [] => true,
            [port] => self.own == 1 && port.legs.len() == 1,
            _ => false,
        }
    }

    fn own(&self) -> &[OutPort] {
        &self.ports[..self.own]
    }

    /// Whether anybody still reads any output of the job's own.
    pub(crate) fn is_wanted(&self) -> bool {
        self.own().iter().any(OutPort::is_wanted)
    }

    /// Lets go of readers that have gone while nothing was sent to them. [`Stopped`] if there is nobody left for whom the job
    /// makes blocks.
    pub(crate) fn look_for_readers(&mut self) -> Result<(), Stopped> {
        self.ports.iter_mut().flat_map(|port| &mut port.legs).for_each(Leg::look_for_reader);
        if self.own().is_empty() || self.is_wanted() { Ok(()) } else { Err(Stopped) }
    }

    /// Adds what to wait for to know when a reader goes.
    pub(crate) fn partings<'a>(&'a self, to: &mut Interests<'a>) {
        let legs = self.ports.iter().flat_map(|port| &port.legs);
        legs.filter_map(|leg| leg.outlet.as_ref()).for_each(|outlet| outlet.partings(to));
    }

    /// The thread begins that works the job.
    pub(crate) fn begin_readers(&mut self) {
        self.tell_readers(|outlet| outlet.begin());
    }

    /// After [`Outbox::flush`]: the job is about to wait, or a long step of it may follow.
    pub(crate) fn rest(&mut self) {
        self.tell_readers(|outlet| outlet.rest());
    }

    fn tell_readers(&mut self, what: fn(&mut dyn Outlet)) {
        self.ports.iter_mut().flat_map(|port| &mut port.legs).for_each(|leg| leg.tell(what));
        self.look_for_room();
    }

    /// Whether the last step has emitted anything.
    pub(crate) fn has_emitted(&self) -> bool {
        self.own().iter().any(OutPort::has_emitted)
    }

    /// How many blocks the output that has most of them has had.
    pub(crate) fn most_emitted(&self) -> u64 {
        self.own().iter().map(|port| port.numbering.emitted()).max().unwrap_or(0)
    }

    /// Whether the last step has emitted one block on each output.
    #[inline]
    pub(crate) fn is_even(&self) -> bool {
        match self.ports.as_slice() {
            [] => true,
            [port] if self.own == 1 => port.is_even(),
            _ => self.uneven().is_none(),
        }
    }

    /// What the last step has emitted on an output where it should have emitted one block, if there is such an output.
    pub(crate) fn uneven(&self) -> Option<Uneven> {
        let ports = self.own();
        let uneven = ports.iter().position(|port| !port.is_even());
        uneven.map(|port| Uneven { port, blocks: ports[port].numbering.of_this_step() })
    }

    /// Hands over everything and waits until it is on its way.
    pub(crate) fn flush(&mut self) -> Result<(), Stopped> {
        self.serve(None)
    }

    /// The step at hand came to no end: what it was about to emit is not emitted.
    pub(crate) fn break_off(&mut self) {
        (self.reserved, self.buffer) = (None, None);
    }

    /// The job's readers are started again with it: what is gathered for them is lost, if it may be. What is told of its times
    /// stays.
    pub(crate) fn lose(&mut self) {
        self.ports[..self.own].iter_mut().flat_map(|port| &mut port.legs).for_each(Leg::lose);
        self.look_for_room();
    }

    /// No more blocks: marks the last ones if the stream is `finished`, hands over everything and closes all legs.
    pub(crate) fn close(&mut self, ending: Ending) -> Result<(), Stopped> {
        if ending == Ending::Finished {
            for leg in self.ports.iter_mut().flat_map(|port| &mut port.legs) {
                leg.batch.finish();
            }
        }
        let flushed = self.flush();
        for leg in self.ports.iter_mut().flat_map(|port| &mut port.legs) {
            if let Some(outlet) = leg.outlet.take() {
                outlet.close(ending);
            }
        }
        flushed
    }

    /// Adds what is told of this step to the output for the job's times, as a block numbered by itself. That nobody reads
    /// it is no reason to stop.
    pub(crate) fn log(&mut self, payload: &[u8]) -> Result<(), Stopped> {
        let to = self.own;
        if self.ports[to].is_full() {
            self.free(to)?;
        }
        let block = Block::new(self.empty, payload);
        self.ports[to].push(None, &Stamp { head: self.empty, number: None }, &block);
        Ok(())
    }

    /// Sends what was written elsewhere than into a batch.
    #[inline(never)]
    fn commit_apart(&mut self, to: Port, place: Place, head: Option<Head>) {
        let port = &mut self.ports[to.index()];
        match (place, self.buffer.take()) {
            (Place::Buffer, Some(buffer)) => {
                port.push(head, &self.step, &Block::of(self.empty, &buffer.freeze()));
            }
            _ => {
                port.stamp(head, &self.step);
            }
        }
    }

    #[inline(never)]
    fn emit_once_there_is_room(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        self.find_room(to.index())?;
        self.ports[to.index()].push(Some(block.head), &self.step, block);
        Ok(())
    }

    /// Makes room for one more block on every leg of a port.
    #[inline]
    fn make_room(&mut self, port: usize) -> Result<(), Stopped> {
        match self.ports.get(port) {
            Some(OutPort { has_room: true, .. }) => Ok(()),
            _ => self.find_room(port),
        }
    }

    #[cold]
    fn find_room(&mut self, to: usize) -> Result<(), Stopped> {
        assert!(to < self.own, "it sends to its output {to}, and has {}", self.own);
        self.free(to)?;
        if self.is_wanted() { Ok(()) } else { Err(Stopped) }
    }

    /// Only if it takes waiting, what is gathered on other ports is handed over too.
    fn free(&mut self, to: usize) -> Result<(), Stopped> {
        let port = &mut self.ports[to];
        for leg in port.legs.iter_mut().filter(|leg| leg.is_full()) {
            if let Err(error) = leg.hand_over() {
                self.error.get_or_insert(error);
                return Err(Stopped);
            }
        }
        if port.is_full() {
            return self.serve(Some(to));
        }
        self.look_for_room();
        Ok(())
    }

    /// To be called after whatever may change it. The output for times never has room that the job could use.
    fn look_for_room(&mut self) {
        self.ports[..self.own].iter_mut().for_each(OutPort::look_for_room);
    }

    /// Serves all legs until there is room on port `room`, or else until everything is on its way.
    ///
    /// What a step has emitted on other ports may be its stream's last block and stays here; but if the step emits more on
    /// one port than on another, readers may need just that block to go on, and it is handed over.
    fn serve(&mut self, room: Option<usize>) -> Result<(), Stopped> {
        let holds = room.is_some_and(|port| !self.ports[port].has_emitted());
        let mut patience = Patience::new();
        let mut held = Held::new();
        loop {
            self.controls.prepare_to_sleep();
            let mut waiting = SmallVec::<[(usize, usize); 8]>::new();
            for (p, port) in self.ports.iter_mut().enumerate() {
                let holds = holds && port.has_emitted();
                for (l, leg) in port.legs.iter_mut().enumerate() {
                    match if holds { leg.hand_over_but_last() } else { leg.hand_over() } {
                        Ok(Put::Full) => waiting.push((p, l)),
                        Ok(Put::Taken | Put::Gone) => {}
                        Err(error) => {
                            self.controls.stay_awake();
                            self.error.get_or_insert(error);
                            return Err(Stopped);
                        }
                    }
                }
            }
            let done = match room {
                Some(port) => !self.ports[port].is_full(),
                None => waiting.is_empty(),
            };
            if done {
                self.look_for_room();
                self.controls.stay_awake();
                return Ok(());
            }
            if self.controls.must_stop() {
                self.controls.stay_awake();
                return Err(Stopped);
            }
            let legs = waiting.iter().map(|&(p, l)| &self.ports[p].legs[l]);
            let may_grow = legs.clone().any(|leg| leg.may_grow);
            let fds = legs.filter_map(|leg| leg.outlet.as_ref().and_then(|outlet| outlet.writable()));
            let mut interests: Interests<'_> = fds.map(Interest::writable).collect();
            if interests.is_empty() && !patience.is_over() {
                // To look again for some microseconds is cheaper than to sleep, if looking takes no system call.
                self.controls.stay_awake();
                patience.wait();
            } else {
                held.sleep(&self.controls, &mut interests, may_grow);
            }
        }
    }
}

impl Emit for Outbox {
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        self.reserved = None;
        self.make_room(to.index())?;
        let legs = &mut self.ports[to.index()].legs;
        match legs.iter().position(|leg| leg.outlet.is_some()) {
            Some(first) if len < LARGE_BYTES => {
                self.reserved = Some((to, Place::Batch(first)));
                Ok(legs[first].batch.open(len))
            }
            Some(_) => {
                self.reserved = Some((to, Place::Buffer));
                Ok(self.buffer.insert(self.pool.take(len)).bytes())
            }
            None => {
                self.reserved = Some((to, Place::Nowhere));
                self.nowhere.resize(len, 0);
                Ok(&mut self.nowhere)
            }
        }
    }

    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        let Some((to, place)) = self.reserved.take() else { panic!("{NOTHING_RESERVED}") };
        match place {
            Place::Batch(first) => self.ports[to.index()].seal(first, head, &self.step),
            place => self.commit_apart(to, place, head),
        }
        Ok(())
    }

    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        // Its bytes may stand just where this block comes.
        self.reserved = None;
        if let Some(port) = self.ports.get_mut(to.index())
            && port.has_room
        {
            port.push(Some(block.head), &self.step, block);
            return Ok(());
        }
        self.emit_once_there_is_room(to, block)
    }

    fn report(&mut self, what: Report) {
        self.controls.report(what);
    }
}

impl Lender for Outbox {
    fn set_step(&mut self, step: Stamp) {
        self.step = step;
    }

    fn lend(&mut self) -> Option<Lent<'_>> {
        match self.ports.as_mut_slice() {
            [port] => port.lend(),
            _ => None,
        }
    }

    fn take_back(&mut self, filled: Filled, numbering: Numbering) {
        self.ports.iter_mut().take(1).for_each(|port| port.take_back(filled, numbering));
    }

    fn report_text(&mut self, report: &str) {
        match serde_json::from_str(report) {
            Ok(what) => self.report(what),
            Err(error) => log::warn!("a plugin's report is none: {error}"),
        }
    }
}
