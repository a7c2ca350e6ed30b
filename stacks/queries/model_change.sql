-- What did a new model change? Outcomes by model version of the last 28 days, newest first.
WITH weighed AS (
    -- Self-normalised inverse propensity: what was rarely drawn counts for what was not, for a
    -- thousand at the most, so that no one client's word decides.
    SELECT *, CASE WHEN propensity < 0.001 THEN 1000 ELSE 1 / propensity END AS weight
    FROM outcomes
    WHERE day >= CAST(current_date - INTERVAL '28' DAY AS date)
      AND model_version IS NOT NULL
),
versions AS (
    SELECT model_version,
           min(shown_at) AS first_shown_at,
           count(*) AS shown,
           count(DISTINCT profile_id) AS profiles,
           count(DISTINCT title_id) AS titles,
           sum(CASE WHEN clicked_at IS NOT NULL THEN 1 ELSE 0 END) AS clicked,
           sum(CASE WHEN played_at IS NOT NULL THEN 1 ELSE 0 END) AS played,
           sum(CASE WHEN completed_at IS NOT NULL THEN 1 ELSE 0 END) AS completed,
           sum(CASE WHEN dismissed_at IS NOT NULL THEN 1 ELSE 0 END) AS dismissed,
           sum(CASE WHEN played_at IS NOT NULL THEN weight END) AS weighted_played,
           sum(weight) AS weighted_shown
    FROM weighed
    GROUP BY model_version
),
shares AS (
    SELECT model_version, first_shown_at, shown, profiles, titles,
           100.0 * clicked / shown AS clicked_percent,
           100.0 * played / shown AS played_percent,
           100.0 * completed / shown AS completed_percent,
           100.0 * dismissed / shown AS dismissed_percent,
           100.0 * coalesce(weighted_played, 0) / weighted_shown AS played_percent_weighted
    FROM versions
)
SELECT model_version, shown, profiles, titles,
       round(clicked_percent, 2) AS clicked_percent,
       round(played_percent, 2) AS played_percent,
       round(completed_percent, 2) AS completed_percent,
       round(dismissed_percent, 2) AS dismissed_percent,
       round(played_percent_weighted, 2) AS played_percent_weighted,
       round(played_percent - lag(played_percent) OVER (ORDER BY first_shown_at), 2)
           AS played_percent_change
FROM shares
ORDER BY first_shown_at DESC
