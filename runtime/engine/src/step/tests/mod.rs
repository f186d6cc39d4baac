//! The rules of the stepper, one by one, and all of them against an oracle.
