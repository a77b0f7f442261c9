//! The Linux personality: processes, copy-on-write memory, files, signals, sockets, virtual time.
