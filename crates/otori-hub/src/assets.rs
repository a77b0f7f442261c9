//! The dashboard inside the binary: static files with entity tags, gzip and the policy of the page.
//!
//! Key function: [`dashboard`], the router's fallback. The table is written by `build.rs` from `ui/`.
//! Caching after RFC 9111: names with a hash are immutable, all others are asked again by their tag (RFC 9110 8.8.3).
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
};

/// One embedded file.
struct Asset {
    /// path below `/`, without a leading slash
    path: &'static str,
    /// strong entity tag, with its quotes
    tag: &'static str,
    bytes: &'static [u8],
    gzip: Option<&'static [u8]>,
}

/// Sorted by path.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets_table.rs"));

/// Content security policy of every page: own scripts and styles only, nothing inline, no framing, and
/// markup only through the one policy that the page's framework needs for its own compiled templates.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Answers every request that no route of the API took: a file of the dashboard, or its page for any path
/// that has no dot (the page itself routes), or 404.
pub(crate) async fn dashboard(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD here\n");
    }
    let path = uri.path().trim_start_matches('/');
    let found = find(path).or_else(|| is_page(path).then(|| find("index.html")).flatten());
    match found {
        Some(asset) => answer(asset, method == Method::HEAD, &headers),
        None => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// Paths of pages have no dot in their last part and are not the API's.
fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    !last.contains('.') && path != "api" && !path.starts_with("api/") && !path.starts_with("assets/")
}

fn answer(asset: &'static Asset, head: bool, headers: &HeaderMap) -> Response<Body> {
    let mentions = |name: header::HeaderName, word: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
    };
    let mut response = Response::new(Body::empty());
    let fields = response.headers_mut();
    fields.insert(header::ETAG, HeaderValue::from_static(asset.tag));
    fields.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let cache = if asset.path.starts_with("assets/") { IMMUTABLE } else { ASK_AGAIN };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(asset.path)));
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    fields.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if mentions(header::IF_NONE_MATCH, asset.tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let bytes = match asset.gzip {
        Some(zipped) if mentions(header::ACCEPT_ENCODING, "gzip") => {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            zipped
        }
        _ => asset.bytes,
    };
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    if !head {
        *response.body_mut() = Body::from(bytes);
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// By the file name's ending; what is unknown is not shown by a browser.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<F: std::future::Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn get(path: &str, fields: &[(header::HeaderName, &str)]) -> Response<Body> {
        let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        block_on(dashboard(Method::GET, path.parse().unwrap(), headers))
    }

    #[test]
    fn pages_fall_back_to_the_index_and_nothing_else_does() {
        for page in ["/", "/live", "/samples/0123456789abcdef", "/sessions"] {
            let response = get(page, &[]);
            assert_eq!(response.status(), StatusCode::OK, "{page}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{page}");
            assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY), "{page}");
        }
        for other in ["/api/nothing", "/favicon.ico", "/assets/old-hash", "/../Cargo.toml"] {
            assert_eq!(get(other, &[]).status(), StatusCode::NOT_FOUND, "{other}");
        }
    }

    #[test]
    fn hashed_files_are_immutable_zipped_and_tagged() {
        let script =
            ASSETS.iter().find(|a| a.path.starts_with("assets/") && a.path.ends_with(".js")).unwrap();
        let path = format!("/{}", script.path);
        let response = get(&path, &[(header::ACCEPT_ENCODING, "gzip, br")]);
        assert_eq!(response.headers()[header::CACHE_CONTROL], IMMUTABLE);
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(get(&path, &[]).headers().get(header::CONTENT_ENCODING).is_none());
        assert_eq!(get(&path, &[(header::IF_NONE_MATCH, script.tag)]).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get("/", &[]).headers()[header::CACHE_CONTROL], ASK_AGAIN);
    }

    #[test]
    fn the_page_names_no_inline_script_or_style() {
        let page = String::from_utf8_lossy(find("index.html").unwrap().bytes);
        assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("onload"));
        assert!(page.split("<script").skip(1).all(|script| script.contains("src=\"/")), "{page}");
    }
}
