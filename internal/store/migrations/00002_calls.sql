-- +goose Up

-- The call log: a row for each side of a call that is an account of this host.
-- Times are microseconds since 1970, lengths microseconds; 0 is not yet known.
CREATE TABLE calls (
    number      INTEGER PRIMARY KEY, -- what people call it by
    owner       BIGINT  NOT NULL, -- the account's own user id
    id          BIGINT  NOT NULL, -- Telegram's
    revision    BIGINT  NOT NULL, -- of the log when the row was last written
    access_hash BIGINT  NOT NULL,
    account     TEXT    NOT NULL,
    peer        BIGINT  NOT NULL, -- the other side
    name        TEXT    NOT NULL,
    username    TEXT    NOT NULL,
    phone       TEXT    NOT NULL,
    search      TEXT    NOT NULL, -- the name in lower case, which databases know of ASCII only
    contact     BOOLEAN NOT NULL,
    incoming    BOOLEAN NOT NULL,
    video       BOOLEAN NOT NULL,
    date        BIGINT  NOT NULL, -- of the ring
    state       TEXT    NOT NULL,
    outcome     TEXT    NOT NULL, -- '' until it is settled
    reason      TEXT    NOT NULL,
    ring        BIGINT  NOT NULL,
    talk        BIGINT  NOT NULL,
    ended       BIGINT  NOT NULL,
    decision    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    script      TEXT    NOT NULL,
    generation  TEXT    NOT NULL,
    line        BIGINT  NOT NULL
);

CREATE UNIQUE INDEX calls_id ON calls (owner, id);
CREATE INDEX calls_date ON calls (date, number);
CREATE INDEX calls_peer ON calls (owner, peer, date);
CREATE INDEX calls_revision ON calls (revision);
CREATE INDEX calls_open ON calls (owner) WHERE state <> 'ended';

-- What happened in each call. A row holds what was noted of one call between two
-- writes, because a call that a thousand rules look at notes a thousand entries.
CREATE TABLE traces (
    call     INTEGER NOT NULL, -- its number
    revision BIGINT  NOT NULL, -- of the log when it was written: the order of a call's rows
    entries  TEXT    NOT NULL, -- a JSON array
    PRIMARY KEY (call, revision)
);

-- The last call's number and the log's revision. Neither is ever given twice,
-- also when the calls that had them are no longer kept.
CREATE TABLE counters (
    name TEXT   PRIMARY KEY,
    last BIGINT NOT NULL
);

INSERT INTO counters (name, last) VALUES ('call', 0), ('revision', 0);

-- +goose Down

DROP TABLE counters;
DROP TABLE traces;
DROP TABLE calls;
