//! Capture files, pcap and pcapng.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_tap::capture::Capture;

fuzz_target!(|input: &[u8]| {
    let Ok(mut capture) = Capture::open(input) else { return };
    while let Ok(Some(_)) = capture.next() {}
});
