//! The telnet front: a busybox telnetd and login in front of the device's own shell.
pub mod login;
pub mod protocol;
