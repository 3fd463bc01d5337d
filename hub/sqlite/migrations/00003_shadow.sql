-- +goose Up
-- Whether an owner signed that the shadow is shown. Of passes that are kept already, it is read off the note,
-- whose lines have one form only (package pass).

ALTER TABLE deliveries ADD COLUMN shadow BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE deliveries SET shadow = TRUE WHERE pass LIKE '%
shadow on
%';

-- +goose Down
ALTER TABLE deliveries DROP COLUMN shadow;
