//! As much of YAML as suricata.yaml needs: mappings, lists, scalars, by indentation.
//!
//! Key function: [`scalars`]. Not a YAML parser: anchors, block texts and flow mappings are not read.

/// Path and value of every scalar; list entries have their place in the path: `outputs.0.eve-log.enabled`.
pub fn scalars(text: &str) -> Vec<(String, String)> {
    let mut reader = Reader::default();
    for line in text.lines() {
        let bare = line.trim_start();
        if !bare.is_empty() && !bare.starts_with(['#', '%']) && !bare.starts_with("---") {
            reader.line(line.len() - bare.len(), bare);
        }
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    /// column and name of what is open
    path: Vec<(usize, String)>,
    found: Vec<(String, String)>,
}

impl Reader {
    fn line(&mut self, column: usize, bare: &str) {
        if let Some(rest) = bare.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            self.entry(column);
            let inner = rest.trim_start();
            if !inner.is_empty() {
                self.line(column + 1 + rest.len() - inner.len(), inner);
            }
            return;
        }
        self.close(column, false);
        // A colon at the end or before a blank ends a key; others belong to values, as in IPv6 addresses.
        let colon = bare.find(": ").or_else(|| bare.strip_suffix(':').map(str::len));
        let Some((key, value)) = colon.and_then(|at| Some((bare.get(..at)?, bare.get(at + 1..)?))) else {
            return self.keep(plain(bare));
        };
        self.path.push((column, key.trim().trim_matches('"').into()));
        let value = plain(value.trim());
        if !value.is_empty() {
            self.keep(value);
        }
    }
    /// An entry of the list that belongs to what is open.
    fn entry(&mut self, column: usize) {
        let last = self.path.iter().rposition(|(at, name)| *at == column && name.parse::<usize>().is_ok());
        let place =
            last.and_then(|last| self.path.get(last)).and_then(|(_, name)| name.parse::<usize>().ok());
        self.close(column, true);
        let place = place.map_or(0, |place| place + 1);
        self.path.push((column, place.to_string()));
    }
    /// Closes what is not above `column`. A list may stand in the column of its key.
    fn close(&mut self, column: usize, is_entry: bool) {
        while let Some((above, name)) = self.path.last() {
            let is_key = name.parse::<usize>().is_err();
            if *above < column || (is_entry && is_key && *above == column) {
                break;
            }
            self.path.pop();
        }
    }
    fn keep(&mut self, value: String) {
        let names: Vec<&str> = self.path.iter().map(|(_, name)| name.as_str()).collect();
        self.found.push((names.join("."), value));
    }
}

/// A scalar without quotes and comment.
fn plain(text: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((quoted, _)) = text.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return quoted.into();
        }
    }
    let bare = if text.starts_with('#') { "" } else { text.split(" #").next().unwrap_or(text) };
    bare.trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let found = scalars(text);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn scalars_have_their_path() {
        check(
            "%YAML 1.1\n---\nvars:\n  address-groups:\n    HOME_NET: \"[192.0.2.0/24]\" # x\n    E: any\n  port-groups:\n    P: 80\n",
            &[
                ("vars.address-groups.HOME_NET", "[192.0.2.0/24]"),
                ("vars.address-groups.E", "any"),
                ("vars.port-groups.P", "80"),
            ],
        );
        check(
            "outputs:\n  - eve-log:\n      enabled: yes\n      types:\n        - alert:\n            packet: yes # x\n        - flow\n  - stats:\n      totals: no\n",
            &[
                ("outputs.0.eve-log.enabled", "yes"),
                ("outputs.0.eve-log.types.0.alert.packet", "yes"),
                ("outputs.0.eve-log.types.1", "flow"),
                ("outputs.1.stats.totals", "no"),
            ],
        );
        check(
            "order:\n- drop\n- pass\nh: 2001:db8::1\n",
            &[("order.0", "drop"), ("order.1", "pass"), ("h", "2001:db8::1")],
        );
    }
}
