//! A product's web pages as data: which path does what.
//!
//! Key types: [`Site`], [`Route`], [`Action`]. Neighbour: the product's profile is turned into this.

/// What a route does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// a page for everyone
    Page(Page),
    /// a page behind HTTP basic authentication (RFC 7617)
    Protected {
        /// `realm` of the challenge
        realm: String,
        /// what is behind
        page: Page,
    },
    /// takes a sign-in form
    SignIn {
        /// name of the user field
        user_field: String,
        /// name of the password field
        password_field: String,
        /// where a success leads
        location: String,
        /// what a failure shows
        failure: Page,
    },
    /// runs a command line on the device: `{name}` stands for a parameter, `{}` for the whole query
    Exec {
        /// as `ping -c 1 {address}`; parameters are put in as they are, as vulnerable firmware does
        template: String,
        /// of the answer
        content_type: String,
    },
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// as `text/html`
    pub content_type: String,
    /// its bytes
    pub body: Vec<u8>,
}

/// A path and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// exact path, or a prefix that ends with `*`
    pub path: String,
    /// methods; empty for all
    pub methods: Vec<String>,
    /// what it does
    pub action: Action,
}

/// A product's web server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// the Server field; none is sent when it is empty
    pub server: String,
    /// in order; the first that fits counts
    pub routes: Vec<Route>,
}

impl Site {
    /// The action for a request.
    pub fn find(&self, method: &[u8], path: &[u8]) -> Found<'_> {
        let fits = |route: &&Route| match route.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix.as_bytes()),
            None => path == route.path.as_bytes(),
        };
        let mut of_path = self.routes.iter().filter(fits).peekable();
        if of_path.peek().is_none() {
            return Found::NoPath;
        }
        let method = if method == b"HEAD" { b"GET" } else { method };
        let allows =
            |route: &&Route| route.methods.is_empty() || route.methods.iter().any(|m| m.as_bytes() == method);
        of_path.find(allows).map_or(Found::NoMethod, |route| Found::Action(&route.action))
    }
}

/// What fits a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// this
    Action(&'a Action),
    /// the path is known, the method is not
    NoMethod,
    /// nothing
    NoPath,
}

/// Puts parameters into a template, without any care for what they hold. One pass: what a parameter brings in is
/// not looked at again.
pub fn fill(template: &str, query: &[u8], parameters: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut command = Vec::with_capacity(template.len() + query.len());
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        command.extend_from_slice(before.as_bytes());
        let Some((name, after)) = tail.split_once('}') else {
            command.push(b'{');
            rest = tail;
            continue;
        };
        let value = match name {
            "" => Some(query),
            _ => parameters.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, v)| v.as_slice()),
        };
        command.extend_from_slice(value.unwrap_or_default());
        rest = after;
    }
    command.extend_from_slice(rest.as_bytes());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_once_and_raw() {
        let parameters = vec![(b"ip".to_vec(), b"1;{} {ip} `id`".to_vec())];
        assert_eq!(fill("ping -c 1 {ip} {none}x", b"q", &parameters), b"ping -c 1 1;{} {ip} `id` x");
        assert_eq!(fill("{}", b"cd /tmp; ls", &[]), b"cd /tmp; ls");
        assert_eq!(fill("a { b", b"", &[]), b"a { b");
    }

    #[test]
    fn routes_are_found_by_path_and_method() {
        let page = |path: &str, methods: &[&str]| Route {
            path: path.into(),
            methods: methods.iter().map(|m| m.to_string()).collect(),
            action: Action::Page(Page { content_type: path.into(), body: vec![] }),
        };
        let site = Site { server: String::new(), routes: vec![page("/a", &["GET"]), page("/img/*", &[])] };
        assert!(matches!(site.find(b"HEAD", b"/a"), Found::Action(_)));
        assert_eq!(site.find(b"POST", b"/a"), Found::NoMethod);
        assert!(matches!(site.find(b"PUT", b"/img/x/y"), Found::Action(_)));
        assert_eq!(site.find(b"GET", b"/"), Found::NoPath);
    }
}
