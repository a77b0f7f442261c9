//! Indicators: scoring, guard, rules, life.
