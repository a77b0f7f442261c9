//! Files of policies as text, and questions to those that can be read.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_event::Timestamp;
use otori_tap::policy::{Answer, EncryptedHello, Policies, Seen};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let Ok(policies) = Policies::read("fuzz.toml", &text) else { return };
    let names: Vec<Vec<u8>> = text.lines().take(4).map(|line| line.as_bytes().to_vec()).collect();
    let categories: Vec<String> = text.split('"').take(8).map(str::to_owned).collect();
    for (settled, hello) in [(false, EncryptedHello::None), (true, EncryptedHello::HiddenName)] {
        let seen = Seen {
            device: [192, 0, 2, 1].into(),
            label: None,
            peer: [203, 0, 113, 1].into(),
            protocol: settled.then_some("tls"),
            application: None,
            names: &names,
            categories: &categories,
            hello,
            sent_bytes: input.len() as u64,
            settled,
        };
        let now = Timestamp(i64::from(input.first().copied().unwrap_or(0)) * 3_600_000_000_000);
        match policies.ask(&seen, now) {
            Answer::Entry { place, .. } => assert!(place < policies.entries().len()),
            Answer::Wait => assert!(!settled, "what is settled is answered"),
            Answer::Nothing => {}
        }
        assert!(policies.next_amount(seen.sent_bytes).is_none_or(|amount| amount > seen.sent_bytes));
    }
});
