-- How well does playback go, by country and network, in the last 7 days?
WITH once AS (
    SELECT *
    FROM (
        SELECT coalesce(country, '??') AS country, coalesce(network, 'unknown') AS network,
               session_id, startup_ms, playing_ms, rebuffer_ms, rebuffer_count, failed,
               row_number() OVER (PARTITION BY profile_id, event_id ORDER BY received_at) AS place
        FROM events
        WHERE day >= CAST(current_date - INTERVAL '7' DAY AS date)
          AND type = 'playback_quality'
    ) AS numbered
    WHERE place = 1
),
placed AS (
    SELECT country, network, session_id, startup_ms, playing_ms, rebuffer_ms, rebuffer_count,
           failed,
           CASE WHEN startup_ms IS NOT NULL THEN cume_dist() OVER (
               PARTITION BY country, network, startup_ms IS NULL ORDER BY startup_ms
           ) END AS startup_place
    FROM once
)
SELECT country, network,
       count(DISTINCT session_id) AS sessions,
       min(CASE WHEN startup_place >= 0.5 THEN startup_ms END) AS startup_p50_ms,
       min(CASE WHEN startup_place >= 0.95 THEN startup_ms END) AS startup_p95_ms,
       round(100.0 * sum(rebuffer_ms) / nullif(sum(playing_ms) + sum(rebuffer_ms), 0), 3)
           AS rebuffer_percent,
       round(3600000.0 * sum(rebuffer_count) / nullif(sum(playing_ms), 0), 2)
           AS rebuffers_per_hour,
       round(100.0 * count(DISTINCT CASE WHEN failed THEN session_id END)
             / count(DISTINCT session_id), 2) AS failed_percent
FROM placed
GROUP BY country, network
ORDER BY sessions DESC, country, network
