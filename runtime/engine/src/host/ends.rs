//! The ends of a run's pipes that its program has, until it takes them.

use std::any::type_name;
use std::sync::Arc;

use pipeloom_config::{HostEnd, Network, PipeSpec, ValueType};
use pipeloom_job::{Batch, Head, Job};
use pipeloom_os::OsError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::EndError;
use super::exchange::Exchange;
use super::receiver::{Receiver, ReceiverEnd, ReceiverJob, Taken};
use super::sender::{Sender, SenderEnd, SenderJob};

/// All of them. Those that nobody has taken are let go of with it.
#[derive(Default)]
pub(crate) struct HostEnds {
    senders: Vec<Place<SenderEnd>>,
    receivers: Vec<Place<ReceiverEnd>>,
}

/// One end of a pipe, for values of this type.
struct Place<E> {
    pipe: String,
    value: Option<ValueType>,
    end: Option<E>,
}

impl HostEnds {
    /// Makes the job that has `end` of `pipe` for the program, and the program's side of it.
    pub(crate) fn add(&mut self, end: HostEnd, pipe: &PipeSpec, network: &Network) -> Result<Box<dyn Job>, OsError> {
        let exchange = Arc::new(Exchange::new(pipe.queue)?);
        let (name, codec, value) = (pipe.name.to_string(), pipe.codec, end.value());
        Ok(match end {
            HostEnd::Sender(_) => {
                let empty = Head::empty(network.head_size());
                let end =
                    SenderEnd { exchange: exchange.clone(), pipe: name.clone(), codec, empty, scratch: Vec::new() };
                self.senders.push(Place { pipe: name, value, end: Some(end) });
                Box::new(SenderJob { exchange, taken: Batch::new() })
            }
            HostEnd::Receiver(_) => {
                let end =
                    ReceiverEnd { exchange: exchange.clone(), pipe: name.clone(), codec, taken: Taken::default() };
                self.receivers.push(Place { pipe: name, value, end: Some(end) });
                Box::new(ReceiverJob { exchange })
            }
        })
    }

    pub(crate) fn sender<T: Serialize + 'static>(
        &mut self,
        network: &Network,
        pipe: &str,
    ) -> Result<Sender<T>, EndError> {
        take::<T, _>(&mut self.senders, network, pipe, "sender").map(Sender::new)
    }

    pub(crate) fn receiver<T: DeserializeOwned + 'static>(
        &mut self,
        network: &Network,
        pipe: &str,
    ) -> Result<Receiver<T>, EndError> {
        take::<T, _>(&mut self.receivers, network, pipe, "receiver").map(Receiver::new)
    }
}

/// A pipe may have several receivers: they are had one after another.
fn take<T: 'static, E>(
    places: &mut [Place<E>],
    network: &Network,
    pipe: &str,
    side: &'static str,
) -> Result<E, EndError> {
    let name = || pipe.to_owned();
    if !network.pipes().any(|(_, spec)| spec.name.as_str() == pipe) {
        return Err(EndError::NoPipe { pipe: name() });
    }
    let mut places = places.iter_mut().filter(|place| place.pipe == pipe).peekable();
    let Some(first) = places.peek() else { return Err(EndError::NotOurs { pipe: name(), side }) };
    if let Some(built) = first.value.filter(|built| *built != ValueType::of::<T>()) {
        return Err(EndError::Type { pipe: name(), built: built.name(), asked: type_name::<T>() });
    }
    places.find_map(|place| place.end.take()).ok_or_else(|| EndError::Taken { pipe: name(), side })
}
