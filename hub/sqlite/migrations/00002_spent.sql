-- +goose Up
-- What a delivery's picture gave away of the interior, in bytes; NULL for an event that does not say.

ALTER TABLE events ADD COLUMN spent_colour BIGINT;
ALTER TABLE events ADD COLUMN spent_shadow BIGINT;

-- +goose Down
ALTER TABLE events DROP COLUMN spent_shadow;
ALTER TABLE events DROP COLUMN spent_colour;
