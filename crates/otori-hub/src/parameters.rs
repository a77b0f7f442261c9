//! The query part of a URL: each parameter is parsed into its type or named in the error.
//!
//! Key type: [`Parameters`].
use crate::Problem;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use otori_store::query::{Demo, PAGE_MAX, Range};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// Entries of a page when nobody says how many.
const PAGE_DEFAULT: usize = 50;
/// The most bytes of one parameter.
const VALUE_MAX_BYTES: usize = 1_024;
/// The most parameters.
const COUNT_MAX: usize = 32;

/// Parameters by name; an empty value counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::parameter("list", "not readable"))?;
        if pairs.len() > COUNT_MAX {
            return Err(Problem::parameter("list", format_args!("more than {COUNT_MAX}")));
        }
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.len() > VALUE_MAX_BYTES) {
            let name: String = name.chars().take(32).collect();
            return Err(Problem::parameter(&name, format_args!("longer than {VALUE_MAX_BYTES} bytes")));
        }
        Ok(Parameters(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }
}

impl Parameters {
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
    /// Parsed by its type.
    pub(crate) fn get<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.0.get(name).map(|text| text.parse().map_err(|error| Problem::parameter(name, error))).transpose()
    }
    /// One of the words of a plain enum.
    pub(crate) fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parse = |text: &String| serde_json::from_value(serde_json::Value::String(text.clone()));
        self.0.get(name).map(|text| parse(text).map_err(|error| Problem::parameter(name, error))).transpose()
    }
    pub(crate) fn range(&self) -> Result<Range, Problem> {
        Ok(self.get("range")?.unwrap_or_default())
    }
    pub(crate) fn demo(&self) -> Result<Demo, Problem> {
        Ok(self.get("demo")?.unwrap_or_default())
    }
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.get("limit")?.unwrap_or(PAGE_DEFAULT);
        if (1..=PAGE_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(Problem::parameter("limit", format_args!("1 to {PAGE_MAX}")))
    }
}
