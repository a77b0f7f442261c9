//! What a device may be, guessed from what it says of itself. To add a kind: a row in [`ROWS`].
use super::clue;

/// A guess, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    /// kind of product, or its maker's name
    pub(super) what: &'static str,
    /// kind of clue
    pub(super) by: &'static str,
    /// the clue
    pub(super) text: String,
}

/// Kinds of clues by how much they are worth, the best first.
const WORTH: [&str; 7] = [
    clue::UPNP_NAME,
    clue::UPNP,
    clue::MDNS,
    clue::VENDOR_CLASS,
    clue::SERVER,
    clue::HOST_NAME,
    clue::USER_AGENT,
];

/// A word of a clue, lower case, and what it means.
const ROWS: &[(&str, &str)] = &[
    ("digitalsecuritycamera", "camera"),
    ("_axis-video", "camera"),
    ("hikvision", "camera"),
    ("dahua", "camera"),
    ("ipcam", "camera"),
    ("ip camera", "camera"),
    ("netcam", "camera"),
    ("_rtsp._tcp", "camera"),
    ("internetgatewaydevice", "router"),
    ("routeros", "router"),
    ("openwrt", "router"),
    ("mediarenderer", "media player"),
    ("mediaserver", "media server"),
    ("_googlecast", "media player"),
    ("_airplay", "media player"),
    ("_raop", "media player"),
    ("roku", "media player"),
    ("_spotify-connect", "speaker"),
    ("sonos", "speaker"),
    ("amazon-", "speaker"),
    ("_ipp", "printer"),
    ("_printer", "printer"),
    ("_pdl-datastream", "printer"),
    ("hewlett-packard", "printer"),
    ("philips hue", "lamp"),
    ("hue-bridge", "lamp"),
    ("ipbridge", "lamp"),
    ("belkin:device", "switch"),
    ("_hap._tcp", "home automation"),
    ("_matter", "home automation"),
    ("espressif", "embedded module"),
    ("esp8266", "embedded module"),
    ("tasmota", "switch"),
    ("shelly", "switch"),
    ("nest", "home automation"),
    ("udhcp", "embedded Linux"),
    ("busybox", "embedded Linux"),
    ("goahead", "embedded Linux"),
    ("boa/", "embedded Linux"),
    ("android-dhcp", "phone or tablet"),
    ("iphone", "phone or tablet"),
    ("ipad", "phone or tablet"),
    ("android", "phone or tablet"),
    ("msft 5.0", "Windows computer"),
    ("windows nt", "Windows computer"),
    ("macintosh", "Mac"),
];

/// The guess that rests on the best clue.
pub(super) fn guess<'a>(clues: impl Iterator<Item = &'a (&'static str, String)> + Clone) -> Option<Guess> {
    WORTH.iter().find_map(|by| {
        let mut of_kind = clues.clone().filter(|(kind, _)| kind == by);
        of_kind.find_map(|(_, text)| {
            let lower = text.to_ascii_lowercase();
            let (_, what) = ROWS.iter().find(|(word, _)| lower.contains(word))?;
            Some(Guess { what, by, text: text.clone() })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_clue_counts() {
        let clues = [
            (clue::VENDOR_CLASS, "udhcp 1.20.2".to_owned()),
            (clue::UPNP_NAME, "uuid:1::urn:schemas-upnp-org:device:DigitalSecurityCamera:1".to_owned()),
        ];
        let found = guess(clues.iter()).unwrap();
        assert_eq!((found.what, found.by), ("camera", clue::UPNP_NAME));
        assert_eq!(guess(clues[..1].iter()).unwrap().what, "embedded Linux");
        assert_eq!(guess([(clue::HOST_NAME, "x".to_owned())].iter()), None);
        assert!(ROWS.iter().all(|(word, _)| *word == word.to_ascii_lowercase()));
    }
}
