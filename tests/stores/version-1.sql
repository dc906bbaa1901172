-- A store of version 1, as it was made. @ID@ and @NAME@ are what schema.c says of each database.
-- SPDX-License-Identifier: LGPL-2.1-or-later
CREATE TABLE meta (name @NAME@ PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE lists (id @ID@, address @NAME@ NOT NULL UNIQUE);
CREATE TABLE members (id @ID@, list BIGINT NOT NULL REFERENCES lists (id), address @NAME@ NOT
  NULL, standing SMALLINT NOT NULL, score DOUBLE PRECISION NOT NULL, first BIGINT NOT NULL, last
  BIGINT NOT NULL, judged BIGINT NOT NULL, policy @NAME@ NOT NULL, UNIQUE (list, address));
CREATE INDEX members_address ON members (address);
CREATE INDEX members_policy ON members (policy);
CREATE TABLE events (id @ID@, member BIGINT NOT NULL REFERENCES members (id), received BIGINT
  NOT NULL, type SMALLINT NOT NULL, reason SMALLINT NOT NULL, ceiling SMALLINT NOT NULL, grade
  SMALLINT NOT NULL, path SMALLINT NOT NULL, done SMALLINT NOT NULL, bounce SMALLINT NOT NULL,
  unsubscribe SMALLINT NOT NULL, digest @NAME@ NOT NULL, held @NAME@, reply TEXT, status TEXT,
  provider TEXT, message_id TEXT, token @NAME@, evidence TEXT, UNIQUE (member, digest));
CREATE INDEX events_decision ON events (member, received, type, reason, ceiling, grade, path,
  held, done);
CREATE INDEX events_done ON events (member, received, type, reason, ceiling, grade, path, held,
  done) WHERE type >= 6;
CREATE INDEX events_token ON events (member, token) WHERE token IS NOT NULL;
CREATE INDEX events_held ON events (held) WHERE held IS NOT NULL;
CREATE TABLE steps (id @NAME@ PRIMARY KEY, list BIGINT NOT NULL REFERENCES lists (id), member
  BIGINT REFERENCES members (id), due BIGINT NOT NULL, since BIGINT NOT NULL, claimed BIGINT NOT
  NULL, step SMALLINT NOT NULL, reason SMALLINT NOT NULL, nth BIGINT NOT NULL, total BIGINT NOT
  NULL, state SMALLINT NOT NULL);
CREATE INDEX steps_due ON steps (due) WHERE state = 0;
CREATE INDEX steps_member ON steps (member);
CREATE TABLE paths (digest @NAME@ PRIMARY KEY, address @NAME@ NOT NULL, noted BIGINT NOT NULL);
CREATE INDEX paths_address ON paths (address);
CREATE TABLE sent (list BIGINT NOT NULL REFERENCES lists (id), message_id @NAME@ NOT NULL,
  members BIGINT NOT NULL, noted BIGINT NOT NULL, PRIMARY KEY (list, message_id));
INSERT INTO meta (name, value) VALUES ('rebound-store', '1');
INSERT INTO lists (address) VALUES ('news@lists.example.org');
INSERT INTO members (list, address, standing, score, first, last, judged, policy)
  VALUES (1, 'bob@example.net', 0, 5, 1793534400, 1793880000, 1793880000, '');
INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, unsubscribe,
  digest, held, reply, status, provider, message_id, token, evidence)
  VALUES (1, 1793534400, 0, 1, 2, 0, 0, 0, 2, 1,
  'X+zrZv/IbzjZUnhsbWlsecLbwjndTpG0ZynXOif7V+k',
  NULL, '550', '5.1.1', NULL, 'issue-0@lists.example.org', NULL,
  '[{"fact": "phrase", "value": "no such user", "from": "text", "rule": "generic/user-unknown"}]');
INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, unsubscribe,
  digest, held, reply, status, provider, message_id, token, evidence)
  VALUES (1, 1793620800, 0, 1, 2, 0, 0, 0, 2, 1,
  'a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s',
  NULL, '550', '5.1.1', NULL, 'issue-1@lists.example.org', NULL,
  '[{"fact": "phrase", "value": "no such user", "from": "text", "rule": "generic/user-unknown"}]');
INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, unsubscribe,
  digest, held, reply, status, provider, message_id, token, evidence)
  VALUES (1, 1793707200, 0, 1, 2, 0, 0, 0, 2, 1,
  '1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU',
  NULL, '550', '5.1.1', NULL, 'issue-2@lists.example.org', NULL,
  '[{"fact": "phrase", "value": "no such user", "from": "text", "rule": "generic/user-unknown"}]');
INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, unsubscribe,
  digest, held, reply, status, provider, message_id, token, evidence)
  VALUES (1, 1793793600, 0, 1, 2, 0, 0, 0, 2, 1,
  'TgdAhWK+24tgzgXB3s/jrRa3IjCWfeAfZAt+Rym0n84',
  NULL, '550', '5.1.1', NULL, 'issue-3@lists.example.org', NULL,
  '[{"fact": "phrase", "value": "no such user", "from": "text", "rule": "generic/user-unknown"}]');
INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, unsubscribe,
  digest, held, reply, status, provider, message_id, token, evidence)
  VALUES (1, 1793880000, 0, 1, 2, 0, 0, 0, 2, 1,
  'SyJ3d9TdH8Ycb4hPSGQdArTRIdP9Moywi1Ux/Kzav4o',
  NULL, '550', '5.1.1', NULL, 'issue-4@lists.example.org', NULL,
  '[{"fact": "phrase", "value": "no such user", "from": "text", "rule": "generic/user-unknown"}]');
INSERT INTO paths (digest, address, noted) VALUES ('digest1', 'bob@example.net', 1793491200);
INSERT INTO sent (list, message_id, members, noted)
  VALUES (1, 'issue-0@lists.example.org', 100, 1793491200);
