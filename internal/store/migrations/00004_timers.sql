-- +goose Up

-- The named timers of scripts. Times are microseconds since 1970; 0 is none.
CREATE TABLE timers (
    id      BIGINT PRIMARY KEY, -- never given twice
    script  TEXT   NOT NULL, -- night.lua
    name    TEXT   NOT NULL,
    kind    TEXT   NOT NULL, -- after, which ends when it has run; every, daily, cron
    spec    TEXT   NOT NULL, -- when it is due, as a person reads it
    missed  BIGINT NOT NULL, -- how late it may run if it was missed, in microseconds; -1: however late
    data    BLOB   NOT NULL,
    account TEXT   NOT NULL, -- that its requests are made as; '': the first
    state   TEXT   NOT NULL, -- pending, running, ended
    due     BIGINT NOT NULL, -- next; of one that runs and repeats, after this run
    was     BIGINT NOT NULL, -- of one that runs: when it was due
    claimed BIGINT NOT NULL, -- of one that runs: since when
    began   BIGINT NOT NULL, -- the last run
    ended   BIGINT NOT NULL, -- its end, or when it was found missed or interrupted
    outcome TEXT   NOT NULL, -- done, failed, interrupted, missed; '' before the first
    fault   TEXT   NOT NULL  -- why it failed
);

CREATE INDEX timers_script ON timers (script, state, due);
CREATE UNIQUE INDEX timers_declared ON timers (script, name) WHERE kind <> 'after';
CREATE INDEX timers_ended ON timers (ended) WHERE state = 'ended';
CREATE INDEX timers_running ON timers (id) WHERE state = 'running';

INSERT INTO counters (name, last) VALUES ('timer', 0);

-- +goose Down

DELETE FROM counters WHERE name = 'timer';
DROP TABLE timers;
