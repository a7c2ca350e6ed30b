-- Is the lake whole? Hours of the last 7 full days: missing, not made whole, repeats, unreadable rows.
WITH hours AS (
    SELECT CAST(current_date - ages.age * INTERVAL '1' DAY AS date) AS day, clock.hour AS hour
    FROM (VALUES (1), (2), (3), (4), (5), (6), (7)) AS ages (age)
    CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13),
                       (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)) AS clock (hour)
),
landed AS (
    SELECT day, hour,
           count(*) AS landed,
           sum(CASE WHEN event.event_id IS NULL OR profile_id IS NULL THEN 1 ELSE 0 END)
               AS unreadable,
           count(DISTINCT profile_id || '/' || event.event_id) AS landed_once
    FROM landing
    WHERE day >= CAST(current_date - INTERVAL '7' DAY AS date)
    GROUP BY day, hour
),
numbered AS (
    SELECT day, hour, received_at - occurred_at AS lateness,
           row_number() OVER (PARTITION BY profile_id, event_id ORDER BY received_at) AS place
    FROM events
    WHERE day >= CAST(current_date - INTERVAL '7' DAY AS date)
),
whole AS (
    SELECT day, hour,
           count(*) AS records,
           sum(CASE WHEN place > 1 THEN 1 ELSE 0 END) AS repeats_of_other_hours,
           sum(CASE WHEN lateness > 3600 THEN 1 ELSE 0 END) AS late
    FROM numbered
    GROUP BY day, hour
)
SELECT hours.day, hours.hour,
       CASE WHEN landed.landed IS NULL AND whole.records IS NULL THEN 'missing'
            WHEN whole.records IS NULL THEN 'not whole yet'
            WHEN landed.landed_once > whole.records THEN 'behind'
            ELSE 'whole' END AS state,
       coalesce(landed.landed, 0) AS landed,
       coalesce(landed.landed - landed.unreadable - landed.landed_once, 0) AS repeats,
       coalesce(landed.unreadable, 0) AS unreadable,
       coalesce(whole.records, 0) AS records,
       coalesce(whole.repeats_of_other_hours, 0) AS repeats_of_other_hours,
       coalesce(whole.late, 0) AS late
FROM hours
LEFT JOIN landed ON landed.day = hours.day AND landed.hour = hours.hour
LEFT JOIN whole ON whole.day = hours.day AND whole.hour = hours.hour
ORDER BY hours.day DESC, hours.hour DESC
