//! Whole runs, each a test. Those about a fault that must be survived say which one, by its number in the catalogue.

mod passing;
