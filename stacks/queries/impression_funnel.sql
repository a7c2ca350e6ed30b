-- Of what was shown in the last 7 full days, how much was opened, played and finished within a day, by row and place?
WITH once AS (
    SELECT day, profile_id, title_id, event_id, type, row_id, position, occurred_at,
           CASE WHEN type = 'impression' THEN 1 ELSE 0 END AS is_shown
    FROM (
        SELECT day, profile_id, title_id, event_id, type, row_id, position, occurred_at,
               row_number() OVER (PARTITION BY profile_id, event_id ORDER BY received_at) AS place
        FROM events
        WHERE day >= CAST(current_date - INTERVAL '8' DAY AS date)
          AND type IN ('impression', 'click', 'play', 'complete')
    ) AS numbered
    WHERE place = 1
),
turns AS (
    -- What came of a title is credited to its last impression before: one turn, one impression.
    SELECT *, sum(is_shown) OVER (
               PARTITION BY profile_id, title_id
               ORDER BY occurred_at, is_shown DESC, event_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS turn
    FROM once
),
shown AS (
    SELECT max(CASE WHEN type = 'impression' THEN day END) AS day,
           max(CASE WHEN type = 'impression' THEN row_id END) AS row_id,
           max(CASE WHEN type = 'impression' THEN position END) AS position,
           max(CASE WHEN type = 'impression' THEN occurred_at END) AS shown_at,
           min(CASE WHEN type = 'click' THEN occurred_at END) AS clicked_at,
           min(CASE WHEN type = 'play' THEN occurred_at END) AS played_at,
           min(CASE WHEN type = 'complete' THEN occurred_at END) AS completed_at
    FROM turns
    WHERE turn > 0
    GROUP BY profile_id, title_id, turn
)
SELECT row_id, position,
       count(*) AS shown,
       sum(CASE WHEN clicked_at <= shown_at + 86400 THEN 1 ELSE 0 END) AS clicked,
       sum(CASE WHEN played_at <= shown_at + 86400 THEN 1 ELSE 0 END) AS played,
       sum(CASE WHEN completed_at <= shown_at + 86400 THEN 1 ELSE 0 END) AS completed,
       round(100.0 * sum(CASE WHEN played_at <= shown_at + 86400 THEN 1 ELSE 0 END) / count(*), 2)
           AS played_percent
FROM shown
WHERE day BETWEEN CAST(current_date - INTERVAL '7' DAY AS date)
              AND CAST(current_date - INTERVAL '1' DAY AS date)
GROUP BY row_id, position
ORDER BY row_id, position
