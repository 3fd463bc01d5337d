-- +goose Up
-- What owners granted and took back, invitations to be granted something, and whose a delivery is: signed_by is the
-- key id of a member who signed its pass, '' for the owner; named are the members that it is by or names as
-- watchers, each between spaces. Passes that are kept already are by owners and name no member.

CREATE TABLE words (
    device TEXT   NOT NULL REFERENCES devices (id),
    person TEXT   NOT NULL, -- key id
    leaf   TEXT   NOT NULL, -- grant or revoke
    note   TEXT   NOT NULL,
    signed BIGINT NOT NULL,
    PRIMARY KEY (device, person, leaf)
);
CREATE INDEX words_by_person ON words (person);

CREATE TABLE invites (
    id     TEXT   NOT NULL PRIMARY KEY,
    device TEXT   NOT NULL REFERENCES devices (id),
    ends   BIGINT NOT NULL,
    key    TEXT   NOT NULL DEFAULT '', -- of who answered, base64url
    name   TEXT   NOT NULL DEFAULT '',
    mac    TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX invites_by_device ON invites (device);

ALTER TABLE deliveries ADD COLUMN signed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN named TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deliveries DROP COLUMN named;
ALTER TABLE deliveries DROP COLUMN signed_by;
DROP TABLE invites;
DROP TABLE words;
