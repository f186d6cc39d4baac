//! pipeloom-predefined
