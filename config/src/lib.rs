//! pipeloom-config
