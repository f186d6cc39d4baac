//! pipeloom-job
