-- +goose Up

-- What scripts keep: bindings/state. A script is known by its file's name, so
-- that it finds its state again when it was edited, or renamed and renamed back.
CREATE TABLE state (
    script  TEXT   NOT NULL, -- '' for what all scripts share
    key     TEXT   NOT NULL,
    value   BLOB   NOT NULL, -- as bindings/value writes it
    expires BIGINT NOT NULL, -- microseconds since 1970; 0 for never
    PRIMARY KEY (script, key)
);

CREATE INDEX state_expires ON state (expires) WHERE expires <> 0;

-- +goose Down

DROP TABLE state;
