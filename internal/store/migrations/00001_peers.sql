-- +goose Up

-- Whom an account has seen. An access hash is worth something to the account
-- alone that received it, so owner is the account's own user id and not its
-- name, which may log in as somebody else tomorrow.
CREATE TABLE peers (
    owner       BIGINT   NOT NULL,
    kind        SMALLINT NOT NULL, -- 1 user, 2 chat, 3 channel: each numbers its own ids
    id          BIGINT   NOT NULL,
    access_hash BIGINT   NOT NULL,
    username    TEXT     NOT NULL, -- in lower case; '' for none
    phone       TEXT     NOT NULL, -- digits; '' if not known
    seen        BIGINT   NOT NULL, -- seconds since 1970
    PRIMARY KEY (owner, kind, id)
);

CREATE INDEX peers_username ON peers (owner, username) WHERE username <> '';

-- How far an account has read Telegram's streams of updates.
-- https://core.telegram.org/api/updates
CREATE TABLE update_states (
    owner BIGINT PRIMARY KEY,
    pts   BIGINT NOT NULL,
    qts   BIGINT NOT NULL,
    date  BIGINT NOT NULL,
    seq   BIGINT NOT NULL
);

CREATE TABLE channel_states (
    owner   BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    pts     BIGINT NOT NULL,
    PRIMARY KEY (owner, channel)
);

-- +goose Down

DROP TABLE channel_states;
DROP TABLE update_states;
DROP TABLE peers;
