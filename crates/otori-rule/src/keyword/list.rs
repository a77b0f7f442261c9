//! `dataset`, `datarep`, `iprep` and `geoip`.
use super::Builder;
use crate::{
    country::Country,
    dataset::{Dataset, Kind, Shared, Shown},
    reputation::{Reputed, Standing},
    rule::{Check, Compare},
    side::Side,
    step::{ListTest, Step},
};

/// `key value` options of a list.
#[derive(Default)]
struct Options<'a> {
    kind: Option<Kind>,
    file: Option<&'a str>,
    json_key: Option<&'a str>,
    context_key: Option<&'a str>,
    removes_key: bool,
}

fn options<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Options<'a>, String> {
    let mut found = Options::default();
    for part in parts {
        let (key, value) = part.split_once(char::is_whitespace).map_or((part, ""), |(k, v)| (k, v.trim()));
        match key {
            "type" => found.kind = Some(Kind::by_name(value)?),
            "load" | "state" => found.file = Some(value),
            "value_key" => found.json_key = Some(value),
            "context_key" => found.context_key = Some(value),
            "remove_key" => found.removes_key = true,
            "save" | "memcap" | "hashsize" | "format" | "array_key" | "enrichment_key" => {}
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    Ok(found)
}

fn list(builder: &mut Builder<'_>, name: &str, options: &Options<'_>, must: bool) -> Result<Shared, String> {
    let declared = builder.tables.declared.get(name).cloned().unwrap_or_default();
    let kind = options.kind.or(declared.kind).ok_or("type is needed, or a list of the configuration")?;
    let must = must && options.file.is_some();
    let text = match options.file.or(declared.file.as_deref()) {
        Some(file) => match builder.tables.file(file) {
            Ok(text) => text,
            Err(reason) if must => return Err(reason),
            // A state file that is not there yet is an empty list.
            Err(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    builder.tables.datasets.get(name, || {
        let mut list = Dataset::new(kind);
        list.shown = options.context_key.map(|key| Shown {
            key: key.into(),
            removed: options.json_key.filter(|_| options.removes_key).map(Into::into),
        });
        list.load(&String::from_utf8_lossy(&text), options.json_key)?;
        Ok(list)
    })
}

pub(super) fn dataset(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let test = match parts.next().unwrap_or("") {
        "isset" => ListTest::IsSet,
        "isnotset" => ListTest::IsNotSet,
        "set" => ListTest::Set,
        "unset" => ListTest::Unset,
        other => return Err(format!("unknown command {other:?}")),
    };
    let name = parts.next().filter(|name| !name.is_empty()).ok_or("dataset needs a name")?;
    let loads = value.contains("load ");
    let list = list(builder, name, &options(parts)?, loads)?;
    builder.push(Step::Listed(list, test));
    Ok(())
}

pub(super) fn datarep(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).ok_or("datarep needs a name")?;
    let operator = parts.next().ok_or("datarep needs an operator")?;
    let number = parts.next().ok_or("datarep needs a value")?;
    let operator = if operator == "==" { "" } else { operator };
    let compare = Compare::parse(&format!("{operator}{number}"))?;
    let list = list(builder, name, &options(parts)?, true)?;
    builder.push(Step::Listed(list, ListTest::Reputation(compare)));
    Ok(())
}

/// `side,category,operator,score` or `side,category,isset`.
pub(super) fn address_reputation(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let [side, category, operator, rest @ ..] = parts.as_slice() else {
        return Err("a side, a category and an operator are needed".into());
    };
    let side = Side::named(side).ok_or_else(|| format!("unknown side {side:?}: any, src, dst or both"))?;
    let standing = match (*operator, rest) {
        ("isset", []) => Standing::Known,
        ("isnotset", []) => Standing::Unknown,
        ("isset" | "isnotset", _) => return Err(format!("{operator} takes no score")),
        ("<" | ">" | "<=" | ">=" | "=" | "==" | "!=", [score]) => {
            let known = score.parse::<u8>().ok().filter(|score| *score <= 127);
            let score = known.ok_or_else(|| format!("{score:?} is no score: 0 to 127"))?;
            Standing::Is(Compare::parse(&format!("{}{score}", operator.trim_start_matches("==")))?)
        }
        (other, [_]) => return Err(format!("unknown operator {other:?}: <, <=, >, >= or =")),
        (_, _) => return Err("a score is needed behind the operator, and nothing more".into()),
    };
    let scores = builder.tables.reputations.clone();
    let category = scores.category(category)?;
    builder.rule.checks.push(Check::Reputed(Reputed { side, category, standing, scores }));
    Ok(())
}

pub(super) fn country(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let country = Country::parse(value, &builder.tables.countries)?;
    builder.rule.checks.push(Check::Country(country));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Tables, Variables, parse_rule};

    #[test]
    fn a_list_of_the_configuration_needs_no_more_than_its_name() {
        let rule = "alert dns any any -> any any (dns.query; dataset:isset,seen; sid:1;)";
        let mut tables = Tables { read: Some(Box::new(|_| Ok(b"YQ==\n".to_vec()))), ..Tables::default() };
        let refused = parse_rule(rule, &Variables::default(), &mut tables).unwrap_err();
        assert!(refused.reason.contains("type is needed"), "{refused:?}");
        tables.declare("seen", "type", "string").unwrap();
        tables.declare("seen", "load", "seen.lst").unwrap();
        assert!(tables.declare("seen", "type", "colour").is_err());
        let rule = parse_rule(rule, &Variables::default(), &mut tables).unwrap();
        let steps = &rule.groups[0].steps;
        let finds = |value: &[u8]| {
            let buffer = crate::step::Buffer { bytes: value, complete: true, from_start: true };
            crate::step::matches(steps, buffer)
        };
        assert!(finds(b"a") && !finds(b"b"));
    }
}
