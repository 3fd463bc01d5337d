-- +goose Up
-- Portable SQL: nothing here that PostgreSQL would not take. Times of ours are Unix
-- seconds; a device's own times are RFC 3339 text, kept as it said them.

CREATE TABLE owners (
    id   TEXT NOT NULL PRIMARY KEY, -- key id
    key  TEXT NOT NULL,             -- base64url
    name TEXT NOT NULL
);

CREATE TABLE devices (
    id         TEXT   NOT NULL PRIMARY KEY,
    sign       TEXT   NOT NULL,            -- base64url
    owner      TEXT   NOT NULL DEFAULT '', -- owners.id; '' until paired
    card       TEXT   NOT NULL DEFAULT '',
    next_event BIGINT NOT NULL DEFAULT 0,  -- all events below are in events
    enrolled   BIGINT NOT NULL
);
CREATE INDEX devices_by_owner ON devices (owner);

CREATE TABLE deliveries (
    id           TEXT   NOT NULL PRIMARY KEY,
    device       TEXT   NOT NULL REFERENCES devices (id),
    owner        TEXT   NOT NULL REFERENCES owners (id),
    pass         TEXT   NOT NULL, -- the signed note
    opens        BIGINT NOT NULL,
    closes       BIGINT NOT NULL,
    mode         TEXT   NOT NULL,
    retention    BIGINT NOT NULL, -- seconds
    entries      BIGINT NOT NULL,
    watchers     BIGINT NOT NULL,
    courier_name TEXT   NOT NULL,
    courier_note TEXT   NOT NULL,
    planned      BIGINT NOT NULL
);
CREATE INDEX deliveries_by_owner ON deliveries (owner, opens);
CREATE INDEX deliveries_by_end ON deliveries (closes);

CREATE TABLE orders (
    id       TEXT   NOT NULL PRIMARY KEY,
    device   TEXT   NOT NULL REFERENCES devices (id),
    delivery TEXT   NOT NULL REFERENCES deliveries (id),
    verb     TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    signed   BIGINT NOT NULL
);
CREATE INDEX orders_by_delivery ON orders (delivery);

CREATE TABLE events (
    device      TEXT   NOT NULL REFERENCES devices (id),
    event_index BIGINT NOT NULL,
    happened    TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    delivery    TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    who         TEXT   NOT NULL,
    via         TEXT   NOT NULL,
    counted     BIGINT NOT NULL,
    PRIMARY KEY (device, event_index)
);
CREATE INDEX events_by_delivery ON events (device, delivery, kind);

CREATE TABLE sessions (
    hash  TEXT   NOT NULL PRIMARY KEY, -- of the cookie's secret
    owner TEXT   NOT NULL,
    ends  BIGINT NOT NULL
);

CREATE TABLE users (
    name   TEXT NOT NULL PRIMARY KEY,
    role   TEXT NOT NULL,
    device TEXT NOT NULL,
    secret TEXT NOT NULL -- SHA-256 of the password, base64url
);

-- +goose Down
DROP TABLE users;
DROP TABLE sessions;
DROP TABLE events;
DROP TABLE orders;
DROP TABLE deliveries;
DROP TABLE devices;
DROP TABLE owners;
