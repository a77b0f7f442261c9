//! `rpc` and `asn1`: calls of ONC RPC, and lengths of BER that attacks get wrong.
//!
//! Suricata's manual, "RPC Keywords" and "ASN.1 Keyword"; RFC 5531, X.690. Neighbour: [`crate::step`].
use super::{Builder, meta::number};
use crate::{
    rule::Check,
    step::{Ber, Step},
};

/// `program, version, procedure`; `*` is any.
pub(super) fn rpc(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut wanted = [None; 3];
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    if parts.len() > wanted.len() {
        return Err("it has at most a program, a version and a procedure".into());
    }
    for (place, part) in wanted.iter_mut().zip(parts) {
        *place = if part == "*" { None } else { Some(number(part)?) };
    }
    if wanted[0].is_none() {
        return Err("a program is needed".into());
    }
    builder.rule.checks.push(Check::RemoteCall(wanted));
    Ok(())
}

/// `bitstring_overflow, double_overflow, oversize_length 500, absolute_offset 1, relative_offset 1`.
pub(super) fn asn1(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut ber = Ber::default();
    for part in value.split(',').map(str::trim) {
        let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        match word {
            "bitstring_overflow" => ber.bit_string = true,
            "double_overflow" => ber.double = true,
            "oversize_length" => ber.longest = Some(number(rest)?),
            "absolute_offset" => ber.offset = number(rest)?,
            "relative_offset" => (ber.relative, ber.offset) = (true, number(rest)?),
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    builder.push_where(ber.relative, Step::Ber(ber));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Tables, Variables, parse_rule};

    #[test]
    fn values_are_read() {
        let good = |option: &str| {
            let rule = format!("alert udp any any -> any any ({option}; sid:1;)");
            parse_rule(&rule, &Variables::default(), &mut Tables::default()).is_ok()
        };
        assert!(good("rpc:100000,*,*") && good("rpc:100000,2,3") && good("rpc:100000"));
        assert!(
            good("asn1:oversize_length 500, absolute_offset 2")
                && good("asn1:double_overflow, bitstring_overflow")
        );
        for bad in ["rpc:*,1,1", "rpc:1,2,3,4", "rpc:x,1,1", "asn1:nonsense", "asn1:oversize_length x"] {
            assert!(!good(bad), "{bad}");
        }
    }
}
