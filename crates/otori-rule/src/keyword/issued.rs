//! `tls_cert_notbefore` and its kin: the life of a certificate.
//!
//! Suricata's manual, "SSL/TLS Keywords". Neighbour: [`otori_wire::proto::tls`], which has the numbers, in seconds since
//! 1970.
use super::Builder;
use crate::{rule::Compare, step::Step};
use otori_wire::proto::tls::certificate::seconds_of;

/// `2016-05-01`, `2016-05-01T12:34:56`, and what is left out behind; blanks do for the `T`.
fn moment(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no date");
    let mut numbers = Vec::new();
    for part in text.trim().split(['-', 'T', ' ', ':']) {
        numbers.push(part.parse::<u32>().map_err(|_| wrong())?);
    }
    let at = |place: usize, or: u32| numbers.get(place).copied().unwrap_or(or);
    let seconds = seconds_of([at(0, 0), at(1, 1), at(2, 1), at(3, 0), at(4, 0), at(5, 0)]);
    seconds.filter(|_| (1..=6).contains(&numbers.len())).ok_or_else(wrong)
}

fn compare(value: &str) -> Result<Compare, String> {
    let value = value.trim().trim_matches('"');
    if let Some((low, high)) = value.split_once("<>") {
        return Ok(Compare::Between(moment(low)?, moment(high)?));
    }
    match (value.strip_prefix('<'), value.strip_prefix('>')) {
        (Some(rest), _) => Ok(Compare::Less(moment(rest)?)),
        (_, Some(rest)) => Ok(Compare::Greater(moment(rest)?)),
        _ => Ok(Compare::Equal(moment(value)?)),
    }
}

pub(super) fn not_before(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.number_is("tls.cert_not_before", compare(value)?);
    Ok(())
}
pub(super) fn not_after(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.number_is("tls.cert_not_after", compare(value)?);
    Ok(())
}
pub(super) fn expired(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.push_named_number("tls.cert_not_after", Step::IsPast(true));
    Ok(())
}
pub(super) fn valid(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.push_named_number("tls.cert_not_before", Step::IsPast(true));
    builder.push_named_number("tls.cert_not_after", Step::IsPast(false));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds() {
        assert_eq!(compare("1970-01-02"), Ok(Compare::Equal(86_400)));
        assert_eq!(compare(">1970-01-01T00:01:02"), Ok(Compare::Greater(62)));
        assert_eq!(compare("<1971"), Ok(Compare::Less(365 * 86_400)));
        assert_eq!(compare("1970-01-01 <> 1970-01-02"), Ok(Compare::Between(0, 86_400)));
        assert!(compare("yesterday").is_err() && compare("1970-13-01").is_err());
    }
}
