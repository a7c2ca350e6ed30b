-- Of what was shown in the last 7 days, how much was opened, played and finished within a day, by row and place?
WITH once AS (
    SELECT profile_id, title_id, type, row_id, position, occurred_at
    FROM (
        SELECT profile_id, title_id, type, row_id, position, occurred_at,
               row_number() OVER (PARTITION BY profile_id, event_id ORDER BY received_at) AS place
        FROM events
        WHERE day >= CAST(current_date - INTERVAL '8' DAY AS date)
          AND type IN ('impression', 'click', 'play', 'complete')
    ) AS numbered
    WHERE place = 1
),
shown AS (
    SELECT profile_id, title_id, row_id, position, min(occurred_at) AS shown_at
    FROM once
    WHERE type = 'impression'
    GROUP BY profile_id, title_id, row_id, position
),
followed AS (
    SELECT shown.row_id, shown.position, shown.profile_id, shown.title_id,
           max(CASE WHEN later.type = 'click' THEN 1 ELSE 0 END) AS clicked,
           max(CASE WHEN later.type = 'play' THEN 1 ELSE 0 END) AS played,
           max(CASE WHEN later.type = 'complete' THEN 1 ELSE 0 END) AS completed
    FROM shown
    LEFT JOIN once AS later
      ON later.profile_id = shown.profile_id
     AND later.title_id = shown.title_id
     AND later.type <> 'impression'
     AND later.occurred_at BETWEEN shown.shown_at AND shown.shown_at + 86400
    GROUP BY shown.row_id, shown.position, shown.profile_id, shown.title_id
)
SELECT row_id, position,
       count(*) AS shown,
       sum(clicked) AS clicked,
       sum(played) AS played,
       sum(completed) AS completed,
       round(100.0 * sum(played) / count(*), 2) AS played_percent
FROM followed
GROUP BY row_id, position
ORDER BY row_id, position
