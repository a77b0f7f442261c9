//! What a product's own servers run when nobody attacks them, so that a page view of a web server that calls `sh -c` is
//! not taken for an exploit. Key type: [`Usual`]. Neighbour: service.rs, whose `runs` are the patterns.
use super::Profile;

/// Most patterns of one product.
pub const PATTERNS_MAX: usize = 256;
/// Longest pattern, bytes.
pub const PATTERN_MAX: usize = 256;

/// The command lines that a product runs by itself.
#[derive(Clone, Debug, Default)]
pub struct Usual {
    patterns: Vec<String>,
}

impl Usual {
    /// The patterns of all services of a product.
    pub fn of(profile: &Profile) -> Usual {
        let patterns =
            profile.table.service.iter().flat_map(|service| service.runs.iter().cloned()).collect();
        Usual { patterns }
    }

    /// Whether the product runs this by itself: `arguments` as execve(2) got them, the name first.
    pub fn runs(&self, arguments: &[Vec<u8>]) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let line = arguments.join(&b' ');
        self.patterns.iter().any(|pattern| matches(pattern.as_bytes(), &line))
    }
}

/// A byte that may stand for `*`: nothing in which a shell sees more than a word.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:".contains(&byte)
}

/// Whether all of `line` is the pattern; `*` stands for any number of plain bytes.
fn matches(pattern: &[u8], line: &[u8]) -> bool {
    let (mut at, mut star, mut taken) = (0, None, 0);
    let mut here = 0;
    while here < line.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some(at);
            taken = here;
            at += 1;
        } else if pattern.get(at) == Some(&line[here]) {
            at += 1;
            here += 1;
        } else if let Some(back) = star.filter(|_| plain(line[taken])) {
            taken += 1;
            here = taken;
            at = back + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, line: &str, expect: bool) {
        assert_eq!(matches(pattern.as_bytes(), line.as_bytes()), expect, "{pattern} {line}");
    }

    #[test]
    fn a_star_is_one_plain_word_and_never_a_command() {
        check("sh -c wan_surf &", "sh -c wan_surf &", true);
        check("sh -c wan_surf &", "sh -c wan_surf & reboot", false);
        check("sh -c nvram get *", "sh -c nvram get sb/1/extpagain2g", true);
        check("sh -c nvram get *", "sh -c nvram get ", true);
        for hostile in ["a;reboot", "a`reboot`", "$(reboot)", "a b", "a\nreboot", "a|sh", "a>b", "é"] {
            check("sh -c nvram get *", &format!("sh -c nvram get {hostile}"), false);
        }
        check("sh -c echo * > /tmp/*", "sh -c echo 12 > /tmp/x", true);
        check("sh -c echo * > /tmp/*", "sh -c echo 12 > /etc/x", false);
        check("a*b*c", "aXbYbZc", true);
        check("", "", true);
        check("*", "a b", false);
    }
}
