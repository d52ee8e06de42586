-- From schema 4 to 5.

-- A sealed blob refuses pieces without SQLite keeping copies of the pages that a new piece touches.
DROP TRIGGER blob_chunk_no_insert;
CREATE TRIGGER blob_chunk_no_insert BEFORE INSERT ON blob_chunk
  WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id >> 16)
  BEGIN SELECT RAISE(FAIL, 'evidence is append-only: this blob is sealed'); END;

-- To SQLite before 3.41 NULL is no valid JSON: its integrity check would call each row wrong. And a list of more than two words costs
-- a temporary table at each insertion; they are compared one by one. Only the text of the checks changes, as
-- https://sqlite.org/lang_altertable.html#otheralter describes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (json_valid(claim))', 'CHECK (claim IS NULL OR json_valid(claim))')
  WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET sql = replace(replace(sql, 'CHECK (json_valid(poll))', 'CHECK (poll IS NULL OR json_valid(poll))'),
                                       'CHECK (json_valid(card))', 'CHECK (card IS NULL OR json_valid(card))')
  WHERE type = 'table' AND name = 'post_detail';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (kind IN (''paragraph'', ''heading'', ''list_item'', ''quote'', ''caption'', ''cell'', ''preformatted''))',
  'CHECK (kind = ''paragraph'' OR kind = ''heading'' OR kind = ''list_item'' OR kind = ''quote'' OR
                                kind = ''caption'' OR kind = ''cell'' OR kind = ''preformatted'')')
  WHERE type = 'table' AND name = 'block';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (kind IN (''post'', ''unidentified'', ''link''))',
  'CHECK (kind = ''post'' OR kind = ''unidentified'' OR kind = ''link'')')
  WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (form IN (''embed'', ''frame'', ''link'', ''flattened'', ''media_link''))',
  'CHECK (form = ''embed'' OR form = ''frame'' OR form = ''link'' OR form = ''flattened'' OR
                                      form = ''media_link'')')
  WHERE type = 'table' AND name = 'citation';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (relation IN (''contains'', ''quotes'', ''introduces'', ''follows''))',
  'CHECK (relation = ''contains'' OR relation = ''quotes'' OR relation = ''introduces'' OR
                                   relation = ''follows'')')
  WHERE type = 'table' AND name = 'citation_sentence';
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'CHECK (purpose IN (''article'', ''page'', ''api'', ''media'', ''robots''))',
  'CHECK (purpose = ''article'' OR purpose = ''page'' OR purpose = ''api'' OR
                                         purpose = ''media'' OR purpose = ''robots'')'),
  'CHECK (truncated IN (''length'', ''time'', ''disconnect''))',
  'CHECK (truncated = ''length'' OR truncated = ''time'' OR truncated = ''disconnect'')')
  WHERE type = 'table' AND name = 'exchange';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (state IN (''live'', ''edited'', ''deleted'', ''suspended'', ''protected'', ''age_gated'', ''withheld'', ''gone'',
                                            ''restored'', ''unknown''))',
  'CHECK (state = ''live'' OR state = ''edited'' OR state = ''deleted'' OR state = ''suspended'' OR
                                  state = ''protected'' OR state = ''age_gated'' OR state = ''withheld'' OR
                                  state = ''gone'' OR state = ''restored'' OR state = ''unknown'')')
  WHERE type = 'table' AND name = 'verdict';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (digests IN (''none'', ''unchecked'', ''agree'', ''differ''))',
  'CHECK (digests = ''none'' OR digests = ''unchecked'' OR digests = ''agree'' OR
                                    digests = ''differ'')')
  WHERE type = 'table' AND name = 'record';
PRAGMA writable_schema = RESET;
