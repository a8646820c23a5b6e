-- How far each named follower has come: eventsourcing's Tracking contract, one row a follower, moving only forwards.
CREATE TABLE IF NOT EXISTS tracking (
    application_name text PRIMARY KEY,
    notification_id  bigint NOT NULL
);
