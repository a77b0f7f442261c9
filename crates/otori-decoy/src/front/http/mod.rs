//! The HTTP front: the product's pages on a small embedded server.
pub mod body;
pub mod request;
