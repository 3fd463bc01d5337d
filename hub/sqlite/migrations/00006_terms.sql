-- +goose Up
-- What an owner signed beside what is shown: whether the door may open while nobody can be told, only while
-- somebody watches, and only while the camera sees. Of passes that are kept already, it is read off the note, whose
-- lines have one form only (package pass).

ALTER TABLE deliveries ADD COLUMN offline BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE deliveries ADD COLUMN watched BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE deliveries ADD COLUMN camera BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE deliveries SET offline = TRUE WHERE pass LIKE '%
offline allow
%';
UPDATE deliveries SET watched = TRUE WHERE pass LIKE '%
watched required
%';
UPDATE deliveries SET camera = FALSE WHERE pass LIKE '%
camera optional
%';

-- +goose Down
ALTER TABLE deliveries DROP COLUMN camera;
ALTER TABLE deliveries DROP COLUMN watched;
ALTER TABLE deliveries DROP COLUMN offline;
