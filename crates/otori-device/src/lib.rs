//! A whole product: profile, root file system, services; start, snapshot, import.
