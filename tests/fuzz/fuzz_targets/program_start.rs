#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pipeloom_fuzz_targets::program_start::program_start(data));
