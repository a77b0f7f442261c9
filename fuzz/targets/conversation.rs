//! Streams through recognition and the parsers of application protocols, cut anywhere.
//!
//! Input: pieces, each with one byte before it: its top bit is the direction, the others its length.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_wire::{Conversation, Direction};

fuzz_target!(|input: &[u8]| {
    // Some protocols are only asked for on their usual port.
    for (transport, port) in [(6, 80), (6, 21), (6, 25), (17, 53)] {
        let mut conversation = Conversation::new(transport, 1024, port);
        let mut rest = input;
        while let Some((head, bytes)) = rest.split_first() {
            let direction = if head & 0x80 == 0 { Direction::ToServer } else { Direction::ToClient };
            let length = usize::from(head & 0x7f).min(bytes.len());
            let (piece, more) = bytes.split_at(length);
            match length {
                0 => conversation.gap(direction, 7),
                _ => {
                    conversation.feed(direction, piece);
                }
            }
            conversation.transactions().close(|transaction| transaction.is_complete());
            rest = more;
        }
        Direction::BOTH.into_iter().for_each(|direction| conversation.end(direction));
    }
});
