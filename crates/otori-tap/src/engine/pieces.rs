//! What a segment has made readable, kept until it is asked about.
//!
//! Key type: [`Pieces`]. Neighbour: [`super::flow`].
use otori_wire::{Direction, flow::Piece};

pub(super) enum Kind {
    Bytes(core::ops::Range<usize>),
    Gap(u64),
    End,
}

/// What a segment has made readable, kept for one packet.
#[derive(Default)]
pub(crate) struct Pieces {
    pub(super) list: Vec<(Direction, Kind)>,
    pub(super) bytes: Vec<u8>,
}

impl Pieces {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
    }
    /// They are these bytes, that way, and no others.
    pub(super) fn are(&self, direction: Direction, bytes: &[u8]) -> bool {
        let mut others = self.list.iter().filter(|(_, kind)| !matches!(kind, Kind::End));
        let first = others.next();
        first.is_some_and(|(way, kind)| {
            *way == direction && matches!(kind, Kind::Bytes(_)) && self.bytes_of(kind) == bytes
        }) && others.next().is_none()
    }
    pub(super) fn bytes_of(&self, kind: &Kind) -> &[u8] {
        match kind {
            Kind::Bytes(range) => self.bytes.get(range.clone()).unwrap_or(&[]),
            Kind::Gap(_) | Kind::End => &[],
        }
    }
    pub(super) fn keep_kind(&mut self, way: Direction, kind: &Kind, bytes: &[u8]) {
        match kind {
            Kind::Bytes(_) => self.keep(way, &Piece::Bytes(bytes)),
            Kind::Gap(count) => self.keep(way, &Piece::Gap(*count)),
            Kind::End => {}
        }
    }
    pub(super) fn keep(&mut self, way: Direction, piece: &Piece<'_>) {
        let kind = match piece {
            Piece::Bytes(bytes) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                Kind::Bytes(start..self.bytes.len())
            }
            Piece::Gap(count) => Kind::Gap(*count),
            Piece::End => Kind::End,
        };
        self.list.push((way, kind));
    }
}
