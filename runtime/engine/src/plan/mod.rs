//! What is decided before anything is made: how each pipe is realised, and what that costs.
//!
//! Planning is pure. It looks at the checked network and gives, for every pipe, a [`Route`] and the reasons for it,
//! which `check --explain` prints.

mod back;
mod branches;
mod fused;
mod hold;
mod needs;
mod reason;
mod route;
mod sharing;
#[cfg(test)]
mod tests;

pub(crate) use back::leads_back;
pub use fused::Apart;
pub use hold::{Hold, Whole};
pub use needs::Needs;
pub use reason::Reason;
pub use route::{Carrier, Conduit, Leg, PipePlan, Plan, Route, plan};
pub use sharing::Unshared;
