//! Country and network of an address, from the data that `build.rs` puts into the binary.
//!
//! Key type: [`Atlas`]. Data: npm `@ip-location-db/geo-whois-asn-country-mmdb` (CC0, from NRO data under CC BY 4.0) as `country.mmdb` and
//! `@ip-location-db/asn` (CC BY 4.0, credited on every page by [`credits`]) as `asn.bin`; an empty file means that
//! this build was made without it. Special ranges are answered by the store before these tables are asked.
pub mod networks;

use networks::Networks;
use otori_store::place::{Locate, Place, special_range};
use serde::Serialize;
use std::net::IpAddr;

static COUNTRIES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ui/data/country.mmdb"));
static NETWORKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/asn.bin"));

/// Looks addresses up in the tables of this build.
#[derive(Debug)]
pub struct Atlas {
    countries: Option<maxminddb::Reader<&'static [u8]>>,
    networks: Option<Networks<'static>>,
}

impl Atlas {
    /// The tables that `build.rs` put into this binary. A table that is missing answers nothing.
    pub fn embedded() -> Self {
        Atlas { countries: maxminddb::Reader::from_source(COUNTRIES).ok(), networks: Networks::new(NETWORKS) }
    }
    /// This build knows countries.
    pub fn has_countries(&self) -> bool {
        self.countries.is_some()
    }
    /// This build knows autonomous systems.
    pub fn has_networks(&self) -> bool {
        self.networks.is_some()
    }

    /// The two letters of an address's country.
    pub fn country(&self, ip: IpAddr) -> Option<String> {
        let found = self.countries.as_ref()?.lookup(ip).ok()?;
        let code: String = found.decode_path(&[maxminddb::PathElement::Key("country_code")]).ok()??;
        (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(code)
    }
}

impl Locate for Atlas {
    fn place(&self, ip: IpAddr) -> Place {
        let ip = ip.to_canonical();
        if let Some(special) = special_range(ip) {
            return Place { special: Some(special), ..Place::default() };
        }
        let network = self.networks.and_then(|networks| networks.find(ip));
        Place {
            country: self.country(ip),
            special: None,
            asn: network.map(|(number, _)| number),
            as_name: network.map(|(_, name)| name.to_owned()),
        }
    }
}

/// A source that must be named wherever its data is shown.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Credit {
    /// what it is
    pub name: &'static str,
    /// SPDX identifier
    pub licence: &'static str,
    /// link that the licence asks for
    pub url: &'static str,
    /// the sentence to show
    pub notice: &'static str,
}

/// Everything that the pages have to credit.
pub fn credits() -> &'static [Credit] {
    &[
        Credit {
            name: "DB-IP",
            licence: "CC-BY-4.0",
            url: "https://db-ip.com/",
            notice: "IP Geolocation by DB-IP",
        },
        Credit {
            name: "RouteViews",
            licence: "CC-BY-4.0",
            url: "https://www.routeviews.org/",
            notice: "Network ranges from the RouteViews project, as merged by ip-location-db",
        },
        Credit {
            name: "NRO",
            licence: "CC-BY-4.0",
            url: "https://www.nro.net/",
            notice: "Country data from the regional registries, as merged by ip-location-db (geo-whois-asn-country)",
        },
        Credit {
            name: "Natural Earth",
            licence: "LicenseRef-public-domain",
            url: "https://www.naturalearthdata.com/",
            notice: "Map from Natural Earth, packaged as world-atlas (ISC)",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ip: &str, country: Option<&str>, asn: Option<u32>) {
        let place = Atlas::embedded().place(ip.parse().unwrap());
        assert_eq!((place.country.as_deref(), place.asn), (country, asn), "{ip}");
    }

    #[test]
    fn the_embedded_tables_answer_and_special_ranges_do_not() {
        let atlas = Atlas::embedded();
        assert!(atlas.has_countries() && atlas.has_networks());
        check("1.1.1.1", Some("AU"), Some(13335));
        check("2606:4700::1111", Some("US"), Some(13335));
        check("203.0.113.7", None, None);
        check("127.0.0.1", None, None);
    }
}
