//! Captured file to class to detonation to report; the fake Internet.
