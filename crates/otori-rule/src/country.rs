//! The country of an address, for `geoip`.
//!
//! Key types: [`Countries`] (shared by rules and by who loads the table), [`Country`] (one rule's question). Suricata's manual,
//! "IP Keywords: geoip": a database of MaxMind's form (`geoip-database`), names as in ISO 3166-1.
use crate::{limits::COUNTRIES_PER_RULE, side::Side};
use core::net::IpAddr;
use maxminddb::{PathElement, Reader};
use std::sync::{Arc, PoisonError, RwLock};

/// Tells the country of an address.
type Table = Box<dyn Fn(IpAddr) -> Option<[u8; 2]> + Send + Sync>;

/// A table of countries. Clones share it.
#[derive(Clone, Default)]
pub struct Countries(Arc<RwLock<Option<Table>>>);

impl core::fmt::Debug for Countries {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.is_there() { "Countries" } else { "no Countries" })
    }
}

impl PartialEq for Countries {
    fn eq(&self, other: &Countries) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl Eq for Countries {}

impl Countries {
    /// Takes a database's bytes, in place of the table before. The error says what is wrong with them.
    pub fn load(&self, database: Vec<u8>) -> Result<(), String> {
        let reader = Reader::from_source(database).map_err(|error| error.to_string())?;
        self.set(move |ip| {
            let found = reader.lookup(ip).ok()?;
            let country = [PathElement::Key("country"), PathElement::Key("iso_code")];
            let paths: [&[PathElement<'_>]; 2] = [&country, &[PathElement::Key("country_code")]];
            let code: String = paths.iter().find_map(|path| found.decode_path(path).ok()?)?;
            code_of(&code)
        });
        Ok(())
    }
    /// Takes another table, in place of the one before.
    pub fn set(&self, table: impl Fn(IpAddr) -> Option<[u8; 2]> + Send + Sync + 'static) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(table));
    }
    /// There is one.
    pub fn is_there(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
    fn of(&self, ip: IpAddr) -> Option<[u8; 2]> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.as_ref().and_then(|table| table(ip.to_canonical()))
    }
}

/// Two letters, large.
fn code_of(text: &str) -> Option<[u8; 2]> {
    let code = <[u8; 2]>::try_from(text.as_bytes()).ok()?;
    code.iter().all(u8::is_ascii_alphabetic).then(|| code.map(|byte| byte.to_ascii_uppercase()))
}

/// The question of one `geoip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    side: Side,
    codes: Vec<[u8; 2]>,
    /// none of them
    negated: bool,
    countries: Countries,
}

impl Country {
    /// Reads `side,CODE,CODE…`, or `CODE…` for either side; `!` before the first code means none of them.
    pub fn parse(text: &str, countries: &Countries) -> Result<Country, String> {
        if !countries.is_there() {
            return Err("there is no table of countries: name one with geoip-database".into());
        }
        let mut words = text.split(',').map(str::trim).peekable();
        let side = words.peek().and_then(|word| Side::named(word));
        if side.is_some() {
            words.next();
        }
        let (mut codes, mut negated) = (Vec::new(), false);
        for word in words {
            let bare = word.strip_prefix('!').filter(|_| codes.is_empty());
            negated |= bare.is_some();
            let code = code_of(bare.unwrap_or(word));
            codes.push(code.ok_or_else(|| format!("{word:?} is no country: two letters of ISO 3166-1"))?);
        }
        match codes.len() {
            0 => return Err("a country is needed".into()),
            more if more > COUNTRIES_PER_RULE => {
                return Err(format!("more than {COUNTRIES_PER_RULE} countries"));
            }
            _ => {}
        }
        Ok(Country { side: side.unwrap_or(Side::Any), codes, negated, countries: countries.clone() })
    }
    /// Whether it holds between these two; an address without a country is in none.
    pub fn holds(&self, source: IpAddr, destination: IpAddr) -> bool {
        let one = |ip| self.countries.of(ip).is_some_and(|code| self.codes.contains(&code) != self.negated);
        self.side.holds(one, source, destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tables, Variables, parse_rule};

    /// A database of IPv4 with two networks of 24 bits, one in each of MaxMind's and DB-IP's form.
    fn database() -> Vec<u8> {
        let text = |word: &str| [&[0x40 | word.len() as u8], word.as_bytes()].concat();
        let mut data = [&[0xe1][..], &text("country"), &[0xe1], &text("iso_code"), &text("JP")].concat();
        let second = data.len() as u32;
        data.extend([&[0xe1][..], &text("country_code"), &text("NL")].concat());
        // One path of 24 nodes for each network; both begin with 11.
        let networks = [([192u8, 0, 2], 0u32), ([198, 51, 100], second)];
        let mut nodes: Vec<[Option<u32>; 2]> = vec![[None; 2]];
        let mut ends = Vec::new();
        for (network, offset) in networks {
            let bits =
                network.iter().flat_map(|byte| (0..8).rev().map(move |at| usize::from(byte >> at & 1)));
            let bits: Vec<usize> = bits.collect();
            let mut at = 0;
            for bit in &bits[..23] {
                at = match nodes[at][*bit] {
                    Some(next) => next as usize,
                    None => {
                        let next = nodes.len();
                        nodes[at][*bit] = Some(next as u32);
                        nodes.push([None; 2]);
                        next
                    }
                };
            }
            ends.push((at, bits[23], offset));
        }
        let count = nodes.len() as u32;
        for (at, bit, offset) in ends {
            nodes[at][bit] = Some(count + 16 + offset);
        }
        let mut file = Vec::new();
        for record in nodes.iter().flatten() {
            file.extend_from_slice(&record.unwrap_or(count).to_be_bytes()[1..]);
        }
        file.extend_from_slice(&[0; 16]);
        file.extend_from_slice(&data);
        file.extend_from_slice(b"\xab\xcd\xefMaxMind.com\xe9");
        for (key, value) in [
            ("node_count", [&[0xc4][..], &count.to_be_bytes()].concat()),
            ("record_size", vec![0xa1, 24]),
            ("ip_version", vec![0xa1, 4]),
            ("database_type", text("test")),
            ("languages", vec![0, 4]),
            ("binary_format_major_version", vec![0xa1, 2]),
            ("binary_format_minor_version", vec![0xa0]),
            ("build_epoch", vec![1, 2, 1]),
            ("description", vec![0xe0]),
        ] {
            file.extend(text(key));
            file.extend(value);
        }
        file
    }

    #[test]
    fn rules_ask_for_countries() {
        let mut tables = Tables::default();
        let rule = |tables: &mut Tables, value: &str| {
            let text = format!("alert ip any any -> any any (geoip:{value}; sid:1;)");
            parse_rule(&text, &Variables::default(), tables).map_err(|fault| fault.reason)
        };
        assert!(rule(&mut tables, "src,JP").unwrap_err().contains("geoip-database"));
        assert!(tables.countries.load(b"nothing".to_vec()).is_err());
        tables.countries.load(database()).unwrap();
        let (japan, holland): (IpAddr, IpAddr) = ([192, 0, 2, 9].into(), [198, 51, 100, 1].into());
        let nobody: IpAddr = [203, 0, 113, 1].into();
        for (value, source, destination, expect) in [
            ("src,JP", japan, nobody, true),
            ("src,JP", nobody, japan, false),
            ("dst,us,nl", nobody, holland, true),
            ("any,JP", nobody, japan, true),
            ("JP", nobody, japan, true),
            ("both,JP,NL", japan, holland, true),
            ("both,JP", japan, holland, false),
            ("any,!JP,NL", japan, holland, false),
            ("src,!US,CN", japan, nobody, true),
            ("src,!US", nobody, japan, false),
        ] {
            let country = Country::parse(value, &tables.countries).unwrap();
            assert_eq!(country.holds(source, destination), expect, "{value} {source} {destination}");
            assert!(rule(&mut tables, value).is_ok());
        }
        for (value, word) in [("src", "country"), ("src,Japan", "Japan"), ("src,JP,!US", "!US")] {
            assert!(rule(&mut tables, value).unwrap_err().contains(word), "{value}");
        }
    }
}
