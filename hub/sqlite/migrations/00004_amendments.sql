-- +goose Up
-- The newest amendment of a delivery's window, signed, and its revision; closes is the window's end as amended.

ALTER TABLE deliveries ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN amendment TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deliveries DROP COLUMN amendment;
ALTER TABLE deliveries DROP COLUMN revision;
