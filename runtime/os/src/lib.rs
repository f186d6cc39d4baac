//! pipeloom-os
