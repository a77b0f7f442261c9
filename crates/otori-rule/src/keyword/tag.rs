//! `tag`: packets behind an alert are kept, of its flow or of a host.
//!
//! Suricata's manual, "Tag Keyword": `tag:session`, `tag:session,100,packets`, `tag:host,60,seconds,src`.
use super::{Builder, meta};
use crate::rule::{Tag, TagLimit, TagScope};

/// Tags of one rule.
const TAGS: usize = 8;

pub(super) fn tag(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let words: Vec<&str> = value.split(',').map(str::trim).collect();
    let (kind, rest) = words.split_first().ok_or("tag wants session or host")?;
    let limit = match rest {
        [] => TagLimit::None,
        [count, metric, ..] => limit(meta::number(count)?, metric)?,
        [_] => return Err("a count wants packets, bytes or seconds".into()),
    };
    let scope = match (*kind, rest.get(2).copied()) {
        ("session", None) => TagScope::Flow,
        ("host", Some("src")) => TagScope::Source,
        ("host", Some("dst")) => TagScope::Destination,
        ("host", _) => return Err("host wants src or dst behind its count".into()),
        ("session", Some(other)) => return Err(format!("session wants nothing like {other:?}")),
        (other, _) => return Err(format!("{other:?} is neither session nor host")),
    };
    if builder.rule.tags.len() >= TAGS {
        return Err(format!("more than {TAGS} tags"));
    }
    builder.rule.tags.push(Tag { scope, limit });
    Ok(())
}

fn limit(count: u32, metric: &str) -> Result<TagLimit, String> {
    Ok(match metric {
        "packets" => TagLimit::Packets(count),
        "bytes" => TagLimit::Bytes(count),
        "seconds" => TagLimit::Seconds(count),
        other => return Err(format!("{other:?} is none of packets, bytes and seconds")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tables, Variables, parse_rule};

    #[test]
    fn a_tag_says_whose_packets_and_how_many() {
        let tags = |text: &str| {
            let rule = format!("alert tcp any any -> any any (tag:{text}; sid:1;)");
            parse_rule(&rule, &Variables::default(), &mut Tables::default()).map(|rule| rule.tags)
        };
        let one = |scope, limit| vec![Tag { scope, limit }];
        assert_eq!(tags("session").unwrap(), one(TagScope::Flow, TagLimit::None));
        assert_eq!(tags("session,10,packets").unwrap(), one(TagScope::Flow, TagLimit::Packets(10)));
        assert_eq!(tags("host, 60, seconds, src").unwrap(), one(TagScope::Source, TagLimit::Seconds(60)));
        assert_eq!(tags("host,9,bytes,dst").unwrap(), one(TagScope::Destination, TagLimit::Bytes(9)));
        for bad in ["flow", "host,1,packets", "session,1", "session,x,packets", "session,1,hours"] {
            assert!(tags(bad).is_err(), "{bad}");
        }
    }
}
