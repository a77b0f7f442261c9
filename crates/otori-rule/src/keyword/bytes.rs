//! Keywords on numbers and lengths in a buffer: `byte_test`, `byte_jump`, `byte_extract`, `isdataat`, `bsize`.
use super::{Builder, content::value_of, meta::number};
use crate::{
    limits::EXTRACTS,
    rule::Compare,
    step::{ByteTest, Encoding, JumpBase, Number, Operator, Step, Value},
};

fn parts(value: &str) -> Vec<&str> {
    value.split(',').map(str::trim).collect()
}

fn part<'a>(parts: &[&'a str], place: usize, what: &str) -> Result<&'a str, String> {
    parts.get(place).copied().filter(|part| !part.is_empty()).ok_or_else(|| format!("{what} is missing"))
}

/// Options that all number keywords share; gives back those it does not know.
fn number_options<'a>(number: &mut Number, options: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let mut text = false;
    let mut base = 10;
    let mut unknown = Vec::new();
    for option in options.iter().copied().filter(|option| !option.is_empty()) {
        match option {
            "relative" => number.relative = true,
            "big" => number.encoding = Encoding::Big,
            "little" => number.encoding = Encoding::Little,
            "string" => text = true,
            "hex" => (text, base) = (true, 16),
            "dec" => (text, base) = (true, 10),
            "oct" => (text, base) = (true, 8),
            // Lengths of DCERPC are in the byte order of its header; little is what everyone uses.
            "dce" => number.encoding = Encoding::Little,
            _ => match option.strip_prefix("bitmask") {
                Some(mask) => number.mask = hex(mask.trim())?,
                None => unknown.push(option),
            },
        }
    }
    if text {
        number.encoding = Encoding::Text(base);
    }
    let most = if text { 23 } else { 8 };
    if let Value::Constant(count) = number.count
        && !(0..=most).contains(&count)
    {
        return Err(format!("{count} bytes are more than the {most} that a number may have"));
    }
    Ok(unknown)
}

/// `bytes 100, offset 0, value > 4.5`.
pub(super) fn entropy(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (mut count, mut offset, mut compare) = (None, 0, None);
    for part in parts(value) {
        let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        match word {
            "bytes" => count = Some(number(rest)?).filter(|count| *count > 0),
            "offset" => offset = number(rest)?,
            _ => compare = Some(milli(part.strip_prefix("value").unwrap_or(part))?),
        }
    }
    builder.push(Step::Entropy { count, offset, compare: compare.ok_or("a value is needed")? });
    Ok(())
}

/// A comparison with a fraction, in thousandths.
fn milli(text: &str) -> Result<Compare, String> {
    let text = text.trim();
    let digits = text.trim_start_matches(['<', '>', '=', '!', ' ']);
    let sign = text.get(..text.len() - digits.len()).unwrap_or("").trim();
    let whole = |text: &str| {
        let value: f64 = text.trim().parse().map_err(|_| format!("{text:?} is no number"))?;
        Ok::<u64, String>((value * 1000.0).round().max(0.0) as u64)
    };
    match digits.split_once("<>") {
        Some((low, high)) => Ok(Compare::Between(whole(low)?, whole(high)?)),
        None => Compare::parse(&format!("{sign}{}", whole(digits)?)),
    }
}

fn hex(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| format!("{text:?} is no hexadecimal number"))
}

fn start(builder: &Builder<'_>, parts: &[&str], offset_at: usize) -> Result<Number, String> {
    Ok(Number {
        count: value_of(builder, part(parts, 0, "the count of bytes")?)?,
        offset: value_of(builder, part(parts, offset_at, "the offset")?)?,
        relative: false,
        encoding: Encoding::Big,
        mask: u64::MAX,
    })
}

fn none_left(unknown: &[&str]) -> Result<(), String> {
    unknown.first().map_or(Ok(()), |option| Err(format!("unknown option {option:?}")))
}

pub(super) fn test(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts = parts(value);
    let mut number = start(builder, &parts, 3)?;
    let operator = part(&parts, 1, "the operator")?;
    let (negated, operator) = match operator.strip_prefix('!') {
        Some("") => (true, "="),
        Some(rest) => (true, rest.trim()),
        None => (false, operator),
    };
    let test = match operator {
        "<" => ByteTest::Less,
        ">" => ByteTest::Greater,
        "=" => ByteTest::Equal,
        "<=" => ByteTest::AtMost,
        ">=" => ByteTest::AtLeast,
        "&" => ByteTest::And,
        "^" => ByteTest::Or,
        other => return Err(format!("unknown operator {other:?}")),
    };
    let against = value_of(builder, part(&parts, 2, "the value")?)?;
    let unknown = number_options(&mut number, parts.get(4..).unwrap_or(&[]))?;
    none_left(&unknown)?;
    builder.push_where(number.relative, Step::ByteTest { number, test, negated, against });
    Ok(())
}

pub(super) fn jump(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts = parts(value);
    let mut number_at = start(builder, &parts, 1)?;
    let (mut multiplier, mut align, mut base, mut post) = (1, false, JumpBase::Here, 0);
    for option in number_options(&mut number_at, parts.get(2..).unwrap_or(&[]))? {
        match option.split_once(char::is_whitespace) {
            Some(("multiplier", times)) => multiplier = number(times)?,
            Some(("post_offset", more)) => post = number(more)?,
            None if option == "align" => align = true,
            None if option == "from_beginning" => base = JumpBase::Start,
            None if option == "from_end" => base = JumpBase::End,
            _ => return Err(format!("unknown option {option:?}")),
        }
    }
    builder
        .push_where(number_at.relative, Step::ByteJump { number: number_at, multiplier, align, base, post });
    Ok(())
}

pub(super) fn extract(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts = parts(value);
    let mut number_at = start(builder, &parts, 1)?;
    let name = part(&parts, 2, "the name")?;
    let (mut multiplier, mut align) = (1, 1);
    for option in number_options(&mut number_at, parts.get(3..).unwrap_or(&[]))? {
        match option.split_once(char::is_whitespace) {
            Some(("multiplier", times)) => multiplier = number(times)?,
            Some(("align", bytes)) => match number(bytes)? {
                bytes @ (2 | 4) => align = bytes,
                other => return Err(format!("align is 2 or 4, not {other}")),
            },
            _ => return Err(format!("unknown option {option:?}")),
        }
    }
    let into = keep(builder, name)?;
    builder.push_where(number_at.relative, Step::ByteExtract { number: number_at, multiplier, align, into });
    Ok(())
}

/// A place for a number of that name.
fn keep(builder: &mut Builder<'_>, name: &str) -> Result<usize, String> {
    if let Some(place) = builder.extracts.iter().position(|have| have == name) {
        return Ok(place);
    }
    if builder.extracts.len() >= EXTRACTS {
        return Err(format!("more than {EXTRACTS} extracted numbers"));
    }
    builder.extracts.push(name.into());
    Ok(builder.extracts.len() - 1)
}

pub(super) fn math(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let zero = Value::Constant(0);
    let mut read =
        Number { count: zero, offset: zero, relative: false, encoding: Encoding::Big, mask: u64::MAX };
    let (mut operator, mut with, mut name, mut others) = (None, None, None, Vec::new());
    for part in parts(value).into_iter().filter(|part| !part.is_empty()) {
        let (key, word) = part.split_once(char::is_whitespace).map_or((part, ""), |(k, w)| (k, w.trim()));
        match (key, word) {
            ("bytes", word) => read.count = value_of(builder, word)?,
            ("offset", word) => read.offset = value_of(builder, word)?,
            ("oper", "+") => operator = Some(Operator::Add),
            ("oper", "-") => operator = Some(Operator::Subtract),
            ("oper", "*") => operator = Some(Operator::Multiply),
            ("oper", "/") => operator = Some(Operator::Divide),
            ("oper", "<<") => operator = Some(Operator::Left),
            ("oper", ">>") => operator = Some(Operator::Right),
            ("rvalue", word) => with = Some(value_of(builder, word)?),
            ("result", word) => name = Some(word),
            ("endian", order) => others.push(order),
            ("string", base) => others.extend(["string", base]),
            ("bitmask", _) => others.push(part),
            ("relative" | "dce", _) => others.push(key),
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    none_left(&number_options(&mut read, &others)?)?;
    let operator = operator.ok_or("oper is needed: one of + - * / << >>")?;
    let with = with.ok_or("rvalue is needed")?;
    let into = keep(builder, name.ok_or("result is needed")?)?;
    builder.push_where(read.relative, Step::ByteMath { number: read, operator, with, into });
    Ok(())
}

pub(super) fn base64_decode(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (mut count, mut offset, mut relative) = (usize::MAX, 0, false);
    for part in parts(value).into_iter().filter(|part| !part.is_empty()) {
        match part.split_once(char::is_whitespace) {
            Some(("bytes", word)) => count = number(word)?,
            Some(("offset", word)) => offset = number(word)?,
            None if part == "relative" => relative = true,
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    builder.push_where(relative, Step::Decoded { count, offset, relative, steps: Vec::new() });
    builder.note_decoded();
    Ok(())
}

pub(super) fn base64_data(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.enter_decoded()
}

pub(super) fn data_at(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (negated, rest) = match value.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let parts = parts(rest);
    let at = value_of(builder, part(&parts, 0, "the place")?)?;
    let mut relative = false;
    for option in parts.get(1..).unwrap_or(&[]) {
        match *option {
            "relative" => relative = true,
            "rawbytes" | "" => {}
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    builder.push_where(relative, Step::DataAt { at, relative, negated });
    Ok(())
}

pub(super) fn size(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.push(Step::Size(Compare::parse(value.split(',').next().unwrap_or(value))?));
    Ok(())
}

pub(super) fn uri_size(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let compare = Compare::parse(parts.next().unwrap_or(""))?;
    let buffer = match parts.next() {
        Some("raw") => "http.uri.raw",
        _ => "http.uri",
    };
    builder.push_named(buffer, Step::Size(compare))
}
