//! pipeloom-events
