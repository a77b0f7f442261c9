//! The OpenAPI 3.1 document, made from the rows of the API and two files of schemas.
//!
//! Key function: [`document`]. `schemas.json` has the hub's own shapes, `docs/schema/event.schema.json` those of
//! `otori-event`, which `otori events --json` prints as well.
use crate::api::{Access, Answer, ROUTES, Route};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const OWN: &str = include_str!("schemas.json");
const EVENT: &str = include_str!("../../../../docs/schema/event.schema.json");

pub(crate) async fn serve() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string());
    ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let method = if route.body.is_some() { "post" } else { "get" };
        paths.insert(route.path.to_owned(), json!({ method: operation(route) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Otori",
            "version": "1",
            "description": "What the decoys saw, what it was, and what is blocked. Explained in docs/api.md.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": crate::guard::COOKIE } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let parameters: Vec<Value> = route
        .parameters
        .iter()
        .map(|parameter| {
            let in_path = route.path.contains(&format!("{{{}}}", parameter.name));
            json!({
                "name": parameter.name,
                "in": if in_path { "path" } else { "query" },
                "required": in_path,
                "description": parameter.what,
                "schema": { "type": "string" },
            })
        })
        .collect();
    let mut responses = Map::new();
    let (status, answer) = match route.answer {
        Answer::Json(schema) => ("200", content("application/json", json!({ "$ref": reference(schema) }))),
        Answer::Text(kind) => ("200", content(kind, json!({ "type": "string" }))),
        Answer::Nothing => ("204", json!({ "description": "done" })),
    };
    responses.insert(status.to_owned(), answer);
    responses.insert(
        "default".to_owned(),
        content("application/problem+json", json!({ "$ref": reference("Problem") })),
    );
    let mut operation = json!({ "summary": route.summary, "parameters": parameters, "responses": responses });
    if let (Some(body), Some(fields)) = (route.body, operation.as_object_mut()) {
        let media = json!({ "application/json": { "schema": { "$ref": reference(body) } } });
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": media }));
    }
    if let (true, Some(fields)) = (route.access != Access::Open, operation.as_object_mut()) {
        fields.insert("security".to_owned(), json!([{ "session": [] }]));
    }
    operation
}

fn content(media: &str, schema: Value) -> Value {
    json!({ "description": "answer", "content": { media: { "schema": schema } } })
}

fn reference(schema: &str) -> String {
    format!("#/components/schemas/{schema}")
}

/// The hub's schemas and those of events, under one roof.
fn schemas() -> Value {
    // Both files are part of the program: a test reads them.
    let mut all: Map<String, Value> = serde_json::from_str(OWN).unwrap_or_default();
    let moved = EVENT.replace("#/$defs/", "#/components/schemas/");
    let event: Map<String, Value> = serde_json::from_str(&moved).unwrap_or_default();
    for (name, schema) in event.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        all.insert(name.clone(), schema.clone());
    }
    let kept = ["title", "description", "oneOf"]
        .iter()
        .filter_map(|name| Some((name.to_string(), event.get(*name)?.clone())));
    all.insert("Event".to_owned(), Value::Object(kept.collect()));
    Value::Object(all)
}
