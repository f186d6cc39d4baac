#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pipeloom_fuzz_targets::spool::spool(data));
