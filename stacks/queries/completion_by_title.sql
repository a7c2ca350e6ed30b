-- Which titles are watched to the end, of those begun in the last 28 days?
WITH once AS (
    SELECT profile_id, title_id, type
    FROM (
        SELECT profile_id, title_id, type,
               row_number() OVER (PARTITION BY profile_id, event_id ORDER BY received_at) AS place
        FROM events
        WHERE day >= CAST(current_date - INTERVAL '28' DAY AS date)
          AND type IN ('play', 'progress', 'complete', 'abandon')
    ) AS numbered
    WHERE place = 1
),
viewers AS (
    SELECT title_id, profile_id,
           max(CASE WHEN type = 'complete' THEN 1 ELSE 0 END) AS completed,
           max(CASE WHEN type = 'abandon' THEN 1 ELSE 0 END) AS abandoned
    FROM once
    GROUP BY title_id, profile_id
)
SELECT title_id,
       count(*) AS viewers,
       sum(completed) AS completed,
       sum(CASE WHEN completed = 0 THEN abandoned ELSE 0 END) AS abandoned,
       round(100.0 * sum(completed) / count(*), 1) AS completed_percent
FROM viewers
GROUP BY title_id
ORDER BY viewers DESC, title_id
LIMIT 200
