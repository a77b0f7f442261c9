-- Tables of the store, format 1. The truth is `event` and `segment`; everything else is derived from events
-- in the same transaction that makes them durable.

-- The inbox: events in the order in which they became durable. Bare on purpose: one index beside the row.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY,
    id      BLOB NOT NULL UNIQUE,      -- 16 bytes, big endian: sorts by time
    kind    TEXT NOT NULL,
    product TEXT,
    session INTEGER,
    source  TEXT,                      -- address of the session's peer, or of the packet
    demo    INTEGER NOT NULL,
    json    TEXT NOT NULL
) STRICT;

-- Sealed events: one row per Parquet file.
CREATE TABLE segment (
    name       TEXT PRIMARY KEY,
    first_id   BLOB NOT NULL,
    last_id    BLOB NOT NULL,
    max_seq    INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id        INTEGER PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    is_open   INTEGER NOT NULL,
    product   TEXT,
    front     TEXT NOT NULL,
    stage     TEXT NOT NULL,
    source    TEXT NOT NULL,
    demo      INTEGER NOT NULL,
    body      TEXT NOT NULL            -- SessionRow as JSON
) STRICT;
CREATE INDEX session_by_time ON session (opened_at, id);
CREATE INDEX session_by_source ON session (source);
CREATE INDEX session_open ON session (id) WHERE is_open = 1;

CREATE TABLE sample (
    sha256     BLOB PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    state      TEXT NOT NULL,
    cpu        TEXT,
    size       INTEGER NOT NULL,
    demo       INTEGER NOT NULL,
    body       TEXT NOT NULL           -- SampleRow as JSON
) STRICT;
CREATE INDEX sample_by_time ON sample (first_seen, sha256);
CREATE INDEX sample_waiting ON sample (sha256) WHERE state <> 'detonated';

CREATE TABLE capture (
    event   BLOB PRIMARY KEY,
    sha256  BLOB NOT NULL,
    session INTEGER,
    at      INTEGER NOT NULL,
    body    TEXT NOT NULL              -- Capture as JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX capture_by_sample ON capture (sha256, at);
CREATE INDEX capture_by_session ON capture (session, at) WHERE session IS NOT NULL;

CREATE TABLE indicator (
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    state      TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    demo       INTEGER NOT NULL,
    body       TEXT NOT NULL,          -- Indicator as JSON
    PRIMARY KEY (kind, value)
) STRICT;
CREATE INDEX indicator_by_time ON indicator (first_seen);
CREATE TABLE indicator_artifact (
    sha256 BLOB NOT NULL,
    kind   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (sha256, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule (
    sid              INTEGER PRIMARY KEY,
    indicator_kind   TEXT NOT NULL,
    indicator        TEXT NOT NULL,
    demo             INTEGER NOT NULL,
    captured_at      INTEGER,          -- capture of the artifact that it rests on
    made_at          INTEGER NOT NULL,
    enforced_at      INTEGER,          -- by the first guard
    first_refusal_at INTEGER,
    refusals         INTEGER NOT NULL,
    removed_at       INTEGER,
    body             TEXT NOT NULL     -- Rule as JSON
) STRICT;
CREATE INDEX rule_by_time ON rule (made_at);
CREATE INDEX rule_by_indicator ON rule (indicator_kind, indicator) WHERE removed_at IS NULL;
CREATE TABLE enforced (sid INTEGER NOT NULL, guard TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (sid, guard)) STRICT, WITHOUT ROWID;
CREATE TABLE guard (name TEXT PRIMARY KEY, last_enforced_at INTEGER, last_verdict_at INTEGER) STRICT, WITHOUT ROWID;

CREATE TABLE device (name TEXT PRIMARY KEY, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE verdict (
    event BLOB PRIMARY KEY,
    at    INTEGER NOT NULL,
    demo  INTEGER NOT NULL,
    body  TEXT NOT NULL                -- Verdict as JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_by_time ON verdict (at);

-- Roll-ups: how often `key` of `dimension` occurred in the `level` seconds from `bucket` on.
CREATE TABLE tally (
    level     INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    bucket    INTEGER NOT NULL,        -- seconds since 1970
    demo      INTEGER NOT NULL,
    key       TEXT NOT NULL,
    count     INTEGER NOT NULL,
    extra     INTEGER NOT NULL,        -- accepted log-ins of a credential
    PRIMARY KEY (level, dimension, bucket, demo, key)
) STRICT, WITHOUT ROWID;
