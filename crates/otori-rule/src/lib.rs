//! The rule language: parse, compile, match.
