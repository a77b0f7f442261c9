//! Listening fronts on a device: telnet and HTTP.
