//! pipeloom-engine
