//! Expressions that PCRE takes and the crates do not, written anew.
//!
//! Neighbour: [`crate::expression`], which tries them when the expression does not compile as it is.

/// Writes what PCRE is lenient about as the crates want it: `[` in a class, `\x` with less than two digits, octal
/// numbers (pcrepattern(3), "Non-printing characters", "Square brackets and character classes").
pub(crate) fn strict(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 8);
    let mut rest = source.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('x') if rest.peek() != Some(&'{') => {
                    let digits = digits(&mut rest, 16, 2);
                    out.push_str(&format!("\\x{digits:0>2}"));
                }
                Some('0') => {
                    let value = u32::from_str_radix(&digits(&mut rest, 8, 2), 8).unwrap_or(0);
                    out.push_str(&format!("\\x{value:02x}"));
                }
                other => out.extend(['\\'].into_iter().chain(other)),
            },
            '[' if in_class && rest.peek() != Some(&':') => out.push_str("\\["),
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                out.extend(rest.next_if_eq(&'^'));
                // The first one is a member.
                out.push_str(if rest.next_if_eq(&']').is_some() { "\\]" } else { "" });
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            c => out.push(c),
        }
    }
    out
}

/// As many digits of that base as there are, and no more than `most`.
fn digits(rest: &mut core::iter::Peekable<core::str::Chars<'_>>, base: u32, most: usize) -> String {
    (0..most).map_while(|_| rest.next_if(|c| c.is_digit(base))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Expression;

    #[test]
    fn what_only_pcre_takes_is_written_anew() {
        assert_eq!(strict(r"(\0[a]){4}"), r"(\x00[a]){4}");
        assert_eq!(strict(r"[sS[eE]\x2][^]x]"), r"[sS\[eE]\x02][^\]x]");
        assert_eq!(strict(r"[[:alpha:]]\[\x{41}\x22"), r"[[:alpha:]]\[\x{41}\x22");
        assert!(Expression::plain(r"(?=a)[[a]\0").is_ok());
    }
}
