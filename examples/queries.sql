-- Eleven questions of a researcher to an archive:  sqlite3 -box citekeep.db < examples/queries.sql
-- schema.sql explains every table, view and word.

-- 1. Which sentence cites which post, and what became of it?
SELECT sentence, relation, confidence, state, url FROM citations WHERE kind <> 'link' ORDER BY reading, ordinal;

-- 2. Which cited posts are gone by the platform's own word, and what do we still have of them?
SELECT url, outcome, said_by, said_at, text, text_from FROM gone;

-- 3. Which articles would lose their proof if nobody had kept it?
SELECT DISTINCT c.title, c.article_key FROM citations c JOIN gone g ON g.target = c.means;

-- 4. Which flattened posts could not be identified, and what is the best guess?
SELECT claimed_handle, claimed_date, claimed_text, reason, candidates, best_guess FROM unresolved;

-- 5. What does a post say, who wrote it, and which bytes prove it?
SELECT p.author_name, p.author_handle, p.posted_at, p.text, p.source, b.sha256
FROM posts p JOIN bodies b ON b.exchange = p.exchange;

-- 6. Where does what the article claims differ from what the post says?
SELECT url, claimed_handle, post_author, claimed_date, posted_at FROM citations
WHERE (claimed_handle IS NOT NULL AND post_author IS NOT NULL AND lower(claimed_handle) <> lower(post_author))
   OR (claimed_date IS NOT NULL AND posted_at IS NOT NULL AND claimed_date <> substr(posted_at, 1, 10));

-- 7. How did each capture of a target differ from the one before?
SELECT url, ended, outcome, changed, body_sha256 FROM captures ORDER BY target, ended;

-- 8. What was not reached, and why?
SELECT url, state, reason, captured_at FROM targets WHERE state IN ('unreachable', 'server_error', 'rate_limited', 'refused');

-- 9. Which posts are cited by more than one article?
SELECT url, count(DISTINCT article) AS articles FROM citations WHERE kind = 'post' GROUP BY means HAVING articles > 1;

-- 10. What does the archive hold, and is it one chain?
SELECT (SELECT count(*) FROM article) AS articles, (SELECT count(*) FROM citation) AS citations,
       (SELECT count(*) FROM capture) AS captures, (SELECT sum(length) FROM blob) AS bytes,
       (SELECT head FROM ledger ORDER BY seq DESC LIMIT 1) AS head;

-- 11. Which bundles were made of the archive, of what, how and by which command? (A bundle that comes back is one of these if the
-- SHA-256 of its tagmanifest-sha256.txt, or of the .wacz itself, stands here.)
SELECT at, name, selection, left_out, as_of, identifier, sha256, command FROM exports ORDER BY entry DESC;
