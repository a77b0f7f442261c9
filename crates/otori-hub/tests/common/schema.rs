//! Checks a value against the part of JSON Schema 2020-12 that our schemas use. Strict: an unknown keyword fails.
use serde_json::Value;

/// What is wrong, with the place; `Ok` when the value fits. `root` resolves `$ref`.
pub fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let Some(rules) = schema.as_object() else { return Err(format!("{place}: schema is no object")) };
    for (keyword, rule) in rules {
        check_keyword(root, rules, keyword, rule, value, place)?;
    }
    Ok(())
}

#[allow(clippy::too_many_lines, reason = "a table: one arm for each keyword")]
fn check_keyword(
    root: &Value,
    rules: &serde_json::Map<String, Value>,
    keyword: &str,
    rule: &Value,
    value: &Value,
    place: &str,
) -> Result<(), String> {
    let fail = |what: String| Err(format!("{place}: {what}; found {}", short(value)));
    match keyword {
        "description" | "title" | "$schema" | "$id" | "$defs" => Ok(()),
        "$ref" => {
            let path = rule.as_str().and_then(|path| path.strip_prefix('#')).unwrap();
            let target = root.pointer(path).ok_or(format!("{place}: {path} leads nowhere"))?;
            check(root, target, value, place)
        }
        "type" => {
            let fits = match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                other => panic!("{place}: unknown type {other}"),
            };
            if fits { Ok(()) } else { fail(format!("is no {rule}")) }
        }
        "const" if rule == value => Ok(()),
        "const" => fail(format!("is not {rule}")),
        "enum" if rule.as_array().unwrap().contains(value) => Ok(()),
        "enum" => fail(format!("is none of {rule}")),
        "minimum" if value.as_f64() >= rule.as_f64() => Ok(()),
        "minimum" => fail(format!("is below {rule}")),
        "minLength" if value.as_str().unwrap_or_default().len() as u64 >= rule.as_u64().unwrap() => Ok(()),
        "maxLength" if value.as_str().unwrap_or_default().len() as u64 <= rule.as_u64().unwrap() => Ok(()),
        "format" => {
            let text = value.as_str().unwrap_or_default();
            if text.parse::<otori_event::Timestamp>().is_ok() {
                Ok(())
            } else {
                fail("is no date-time".into())
            }
        }
        "pattern" => {
            let digits =
                rule.as_str().unwrap().strip_prefix("^[0-9a-f]{").and_then(|rest| rest.strip_suffix("}$"));
            let digits: usize = digits.unwrap().parse().unwrap();
            let text = value.as_str().unwrap_or_default();
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if text.len() == digits && text.chars().all(hex) {
                Ok(())
            } else {
                fail(format!("is not {rule}"))
            }
        }
        "items" => value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .try_for_each(|(i, item)| check(root, rule, item, &format!("{place}[{i}]"))),
        "properties" => rule.as_object().unwrap().iter().try_for_each(|(name, rule)| match value.get(name) {
            Some(value) => check(root, rule, value, &format!("{place}.{name}")),
            None => Ok(()),
        }),
        "required" => {
            match rule.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none()) {
                Some(name) => fail(format!("lacks {name}")),
                None => Ok(()),
            }
        }
        "additionalProperties" => {
            let known = rules.get("properties").and_then(Value::as_object);
            let others = value.as_object().into_iter().flatten();
            for (name, value) in
                others.filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name)))
            {
                if rule == &Value::Bool(false) {
                    return fail(format!("has {name}, which the schema does not know"));
                }
                check(root, rule, value, &format!("{place}.{name}"))?;
            }
            Ok(())
        }
        "anyOf" | "oneOf" => {
            let results: Vec<_> =
                rule.as_array().unwrap().iter().map(|rule| check(root, rule, value, place)).collect();
            let fitting = results.iter().filter(|result| result.is_ok()).count();
            if fitting == 1 || (keyword == "anyOf" && fitting > 0) {
                return Ok(());
            }
            let reasons: Vec<_> =
                results.into_iter().filter_map(Result::err).filter(|r| !r.contains("is not \"")).collect();
            fail(format!("fits {fitting} of {keyword}: {reasons:?}"))
        }
        other => panic!("{place}: unknown keyword {other}"),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}
